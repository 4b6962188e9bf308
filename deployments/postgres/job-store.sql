-- Run once, when PostgreSQL's volume is made: the job store beside Prefect's own database.
CREATE DATABASE syndicate OWNER syndicate;
