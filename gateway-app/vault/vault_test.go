package vault

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func masterKey(t *testing.T) *MasterKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.pem")
	if err := Create(path); err != nil {
		t.Fatal(err)
	}
	master, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return master
}

func open(t *testing.T, db *store.DB, master *MasterKey, a Algorithm) *Vault {
	t.Helper()
	v, err := New(t.Context(), db, master, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheMasterKeyIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.pem")
	if err := Create(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := Create(path); err == nil {
		t.Error("a master key was written over")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("a master key that others may read was taken")
	}
	if err := os.WriteFile(path, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("a file without a key was taken")
	}
}

func TestAValueOpensInItsPlaceOnly(t *testing.T) {
	for _, algorithm := range []Algorithm{AESGCM, SM4GCM} {
		t.Run(string(algorithm), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				v := open(t, db, masterKey(t), algorithm)
				plain := []byte("张三丰")
				sealed, err := v.Seal("person", "p1", "name", plain)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(sealed, plain) {
					t.Error("the value is in the clear")
				}
				again, err := v.Seal("person", "p1", "name", plain)
				if err != nil || bytes.Equal(sealed, again) {
					t.Errorf("equal values are sealed alike: %v", err)
				}
				if got, err := v.Open("person", "p1", "name", sealed); err != nil || !bytes.Equal(got, plain) {
					t.Errorf("opened %q, %v", got, err)
				}
				checkRefused(t, v, sealed)
			})
		})
	}
}

// checkRefused moves the value and changes each of its bytes.
func checkRefused(t *testing.T, v *Vault, sealed []byte) {
	t.Helper()
	for _, place := range [][3]string{{"document", "p1", "name"}, {"person", "p2", "name"}, {"person", "p1", "phone"}, {"person", "1", "name"}} {
		if _, err := v.Open(place[0], place[1], place[2], sealed); !errors.Is(err, ErrTampered) {
			t.Errorf("opened at %v: %v", place, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := v.Open("person", "p1", "name", changed); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := v.Open("person", "p1", "name", sealed[:i]); err == nil {
			t.Errorf("opened when cut to %d bytes", i)
		}
	}
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		open(t, db, masterKey(t), AESGCM)
		if _, err := New(t.Context(), db, masterKey(t), AESGCM); !errors.Is(err, ErrWrongMaster) {
			t.Errorf("opened: %v", err)
		}
	})
}

const watched = `INSERT INTO document_content (address, file, size_bytes, media_type, sealed_key, stored_at) VALUES ($1, '', 0, '', $2, '')`

// A row sealed under the first key is opened after rotation, sealed anew, and lost only when its key is
// retired without it.
func TestRotation(t *testing.T) {
	column := Column{Table: "document_content", Key: "address", Name: "sealed_key"}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, master := t.Context(), masterKey(t)
		v := open(t, db, master, AESGCM)
		clock := time.Now()
		v.now = func() time.Time { return clock }
		var names []string
		for i := range 450 {
			names = append(names, string(rune('a'+i/26))+string(rune('a'+i%26)))
		}
		put(t, db, v, names...)
		kept, err := v.Seal("access_secret", "1", "sealed", []byte("kept nowhere"))
		if err != nil {
			t.Fatal(err)
		}
		switched := open(t, db, master, SM4GCM) // another process, with another setting
		if switched.Version() != 2 || v.Version() != 1 {
			t.Fatalf("versions %d and %d", switched.Version(), v.Version())
		}
		newer, err := switched.Seal("access_secret", "1", "sealed", []byte("newer"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Open("access_secret", "1", "sealed", newer); err != nil || string(got) != "newer" {
			t.Errorf("the first process does not open what the second sealed: %q, %v", got, err)
		}
		checkReseal(t, db, v, column)
		checkRetire(ctx, t, v, kept, &clock)
		check(t, db, v, "ab")
	})
}

func put(t *testing.T, db *store.DB, v *Vault, keys ...string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, key := range keys {
			sealed, err := v.SealText("document_content", key, "sealed_key", "secret of "+key)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(t.Context(), watched, key, sealed); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkReseal(t *testing.T, db *store.DB, v *Vault, column Column) {
	t.Helper()
	check(t, db, v, "aa")
	if n, err := v.Reseal(t.Context(), column); n != 450 || err != nil {
		t.Errorf("sealed %d rows anew, %v", n, err)
	}
	if n, err := v.Reseal(t.Context(), column); n != 0 || err != nil {
		t.Errorf("sealed %d rows once more, %v", n, err)
	}
	check(t, db, v, "aa")
	check(t, db, v, "rh")
}

func check(t *testing.T, db *store.DB, v *Vault, key string) {
	t.Helper()
	var sealed string
	if err := db.QueryRowContext(t.Context(), `SELECT sealed_key FROM document_content WHERE address = $1`, key).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if got, err := v.OpenText("document_content", key, "sealed_key", sealed); got != "secret of "+key || err != nil {
		t.Errorf("%s opens as %q, %v", key, got, err)
	}
}

func checkRetire(ctx context.Context, t *testing.T, v *Vault, kept []byte, clock *time.Time) {
	t.Helper()
	if n, err := v.Retire(ctx, RetireAfter); n != 0 || err != nil {
		t.Errorf("retired %d keys that others may still seal with, %v", n, err)
	}
	if _, err := v.Open("access_secret", "1", "sealed", kept); err != nil {
		t.Errorf("an old value no longer opens: %v", err)
	}
	*clock = clock.Add(25 * time.Hour)
	if n, err := v.Retire(ctx, RetireAfter); n != 1 || err != nil {
		t.Errorf("retired %d keys, %v", n, err)
	}
	if _, err := v.Open("access_secret", "1", "sealed", kept); !errors.Is(err, ErrRetired) {
		t.Errorf("a value under a retired key opens: %v", err)
	}
}

// A process that cannot read the keys goes on for half a day, no longer.
func TestStaleKeysSealNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := open(t, db, masterKey(t), AESGCM)
		start := v.loaded
		v.loading = true // no refresh comes through
		for _, c := range []struct {
			age  time.Duration
			want error
		}{{2 * time.Hour, nil}, {13 * time.Hour, ErrStale}} {
			v.now = func() time.Time { return start.Add(c.age) }
			if _, err := v.Seal("person", "r", "name", nil); !errors.Is(err, c.want) {
				t.Errorf("after %v: %v", c.age, err)
			}
		}
	})
}

func TestTheMasterKeyIsChangedAndNoValue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "master.pem")
		if err := Create(path); err != nil {
			t.Fatal(err)
		}
		load := func(path string) *MasterKey {
			t.Helper()
			master, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			return master
		}
		first := load(path)
		put(t, db, open(t, db, first, AESGCM), "aa")

		// Cut off at each point: a new key half written; one that nothing is under; and the database under it.
		if err := os.WriteFile(NextMaster(path), []byte("half a k"), 0o600); err != nil {
			t.Fatal(err)
		}
		change := func() {
			t.Helper()
			former := load(path)
			if err := ChangeMaster(t.Context(), db, path); err != nil {
				t.Fatal(err)
			}
			check(t, db, open(t, db, load(path), AESGCM), "aa")
			if _, err := New(t.Context(), db, former, AESGCM); !errors.Is(err, ErrWrongMaster) {
				t.Errorf("the former master key still opens: %v", err)
			}
			if _, err := os.Stat(NextMaster(path)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the next master key was left: %v", err)
			}
		}
		change()
		if err := Create(NextMaster(path)); err != nil {
			t.Fatal(err)
		}
		change()
		if err := Create(NextMaster(path)); err != nil {
			t.Fatal(err)
		}
		if err := rewrapAll(t.Context(), db, load(path), load(NextMaster(path))); err != nil {
			t.Fatal(err)
		}
		change()
	})
}

func TestBlindIndexes(t *testing.T) {
	for _, algorithm := range []Algorithm{AESGCM, SM4GCM} {
		storetest.Each(t, func(t *testing.T, db *store.DB) {
			v := open(t, db, masterKey(t), algorithm)
			same := [][3]string{
				{string(Phone), "13812345678", "+86 138-1234-5678"},
				{string(Phone), "13812345678", "１３８１２３４５６７８"},
				{string(IdentityNumber), "11010119900307867X", " 110101 19900307 867x"},
				{string(BankAccount), "6222020200112233", "6222 0202 0011 2233"},
			}
			for _, s := range same {
				one, two := v.Index(Kind(s[0]), s[1]), v.Index(Kind(s[0]), s[2])
				if one != two || len(one) != 64 || strings.Contains(one, s[1]) {
					t.Errorf("%v: %s and %s", s, one, two)
				}
			}
			if v.Index(Phone, "13812345678") == v.Index(BankAccount, "13812345678") {
				t.Error("one value has one index whatever it is: kinds can be joined")
			}
			if v.Index(Phone, " ") != "" {
				t.Error("no value has an index")
			}
			before := v.Index(Phone, "1")
			if _, err := v.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if v.Index(Phone, "1") != before {
				t.Error("rotation of the data key changed the index")
			}
		})
	}
}

func TestAlgorithmSetting(t *testing.T) {
	for text, want := range map[string]Algorithm{"": AESGCM, "aes-256-gcm": AESGCM, "sm4-gcm": SM4GCM} {
		if got, err := ParseAlgorithm(text); got != want || err != nil {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	if _, err := ParseAlgorithm("des"); err == nil {
		t.Error("des was taken")
	}
}
