// Takes the names of the segments before the search itself begins.
"use strict";
let PAGE = 1;
let SEGMENTS = [];
self.segments = (pageItems, several) => {
  PAGE = pageItems;
  SEGMENTS = several;
};
