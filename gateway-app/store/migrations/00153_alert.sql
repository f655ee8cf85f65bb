-- +goose Up
CREATE TABLE alert (
    id            TEXT PRIMARY KEY, -- internal
    number        BIGINT NOT NULL, -- internal
    rule          TEXT NOT NULL, -- internal
    rule_version  BIGINT NOT NULL, -- internal
    pack          TEXT NOT NULL, -- internal
    pack_digest   TEXT NOT NULL, -- public
    severity      TEXT NOT NULL, -- internal
    collection    TEXT NOT NULL, -- internal
    party         TEXT NOT NULL, -- secret
    business_date TEXT NOT NULL, -- internal
    due_on        TEXT NOT NULL, -- internal: the last day for a report
    status        TEXT NOT NULL, -- internal: open, escalated, dismissed or reported
    owner         TEXT NOT NULL, -- internal: a user's id; empty while unassigned
    reason        TEXT NOT NULL, -- internal: a code
    dismissed_by  TEXT NOT NULL, -- internal: who wants it dismissed, while a second user must agree
    movements     BIGINT NOT NULL, -- secret: that met the rule
    amount_minor  BIGINT NOT NULL, -- secret: their sum
    opened_at     TEXT NOT NULL, -- internal
    closed_at     TEXT NOT NULL, -- internal: empty while it is open
    closed_by     TEXT NOT NULL -- internal: a user's id
);
CREATE UNIQUE INDEX alert_by_number ON alert (number);
CREATE UNIQUE INDEX alert_once ON alert (rule, collection, party, business_date) WHERE closed_at = '';
CREATE INDEX alert_by_status ON alert (status, number);
CREATE INDEX alert_by_party ON alert (party, number);
CREATE INDEX alert_by_owner ON alert (owner, number);
CREATE INDEX alert_open_by_due ON alert (due_on) WHERE closed_at = '';

CREATE TABLE alert_evidence (
    alert    TEXT NOT NULL, -- internal
    movement BIGINT NOT NULL, -- internal: the row of the ledger's feed
    met      BIGINT NOT NULL, -- internal: 1 of one that met the rule, 0 of one that the rule looked back on
    PRIMARY KEY (alert, movement)
);
CREATE INDEX alert_evidence_by_movement ON alert_evidence (movement);

CREATE TABLE alert_step (
    alert  TEXT NOT NULL, -- internal
    seq    BIGINT NOT NULL, -- internal
    at     TEXT NOT NULL, -- internal
    kind   TEXT NOT NULL, -- internal
    actor  TEXT NOT NULL, -- internal: a user's id; empty for the app itself
    owner  TEXT NOT NULL, -- internal: a user's id
    reason TEXT NOT NULL, -- internal: a code
    PRIMARY KEY (alert, seq)
);

-- +goose Down
DROP TABLE alert_step;
DROP TABLE alert_evidence;
DROP TABLE alert;
