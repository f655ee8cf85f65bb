-- +goose Up
CREATE TABLE access_attempt (
    name_index   TEXT NOT NULL, -- top secret: a keyed hash; of names that nobody has, too
    place_index  TEXT NOT NULL, -- top secret: a keyed hash of a network address; empty: from anywhere
    failures     BIGINT NOT NULL, -- internal
    locked_until TEXT NOT NULL, -- internal
    last_at      TEXT NOT NULL, -- internal
    PRIMARY KEY (name_index, place_index)
);

CREATE TABLE access_place (
    name_index  TEXT NOT NULL, -- top secret: a keyed hash
    place_index TEXT NOT NULL, -- top secret: a keyed hash of an address that the name has signed in from
    last_at     TEXT NOT NULL, -- internal
    PRIMARY KEY (name_index, place_index)
);

-- +goose Down
DROP TABLE access_place;
DROP TABLE access_attempt;
