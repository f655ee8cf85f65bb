package store

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func classesOf(up ...string) (map[string]map[string]Class, error) {
	files := fstest.MapFS{}
	for i, text := range up {
		files[fmt.Sprintf("%05d_x.sql", i)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text + "\n-- +goose Down\nDROP TABLE a;\n")}
	}
	return readClasses(files)
}

func TestClassesFollowTheMigrations(t *testing.T) {
	got, err := classesOf(
		"CREATE TABLE a (\n  id TEXT PRIMARY KEY, -- public\n  -- a remark\n\n  Name TEXT NOT NULL, -- top secret: the person's\n  PRIMARY KEY (id),\n  sum BIGINT -- secret\n);\nCREATE INDEX a_sum ON a (sum);",
		"ALTER TABLE a ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- internal",
		"CREATE TABLE b (\n x TEXT -- public\n);\nDROP TABLE b;",
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := "map[id:public name:top secret note:internal sum:secret]"; fmt.Sprint(got["a"]) != want || got["b"] != nil {
		t.Errorf("got %v; want %s and no b", got, want)
	}
	if !(Public < Internal && Internal < Secret && Secret < TopSecret) {
		t.Error("the classes are out of order")
	}
}

func TestUnclassedAndUnreadableLinesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TABLE a (\n id TEXT\n);":                                             "a.id has no data class",
		"CREATE TABLE a (\n id TEXT -- private\n);":                                  "a.id has no data class",
		"CREATE TABLE a (\n id TEXT, -- secretive\n);":                               "a.id has no data class",
		"CREATE TABLE a (id TEXT);":                                                  "is not read",
		"CREATE VIEW v AS SELECT 1;":                                                 "is not read",
		"ALTER TABLE a RENAME COLUMN x TO y;":                                        "is not read",
		"ALTER TABLE a ADD COLUMN x TEXT; -- secret":                                 "no earlier migration",
		"CREATE TABLE a (\n id TEXT -- public\n);\nALTER TABLE a ADD COLUMN x TEXT;": "a.x has no data class",
		"CREATE TABLE a (\n \"id\" TEXT -- public\n);":                               "begins no column",
	} {
		if _, err := classesOf(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestClassesAreTheCallersOwn(t *testing.T) {
	Classes()["store_lease"]["holder"] = Public
	if got := Classes()["store_lease"]["holder"]; got != Internal {
		t.Errorf("got %v", got)
	}
}
