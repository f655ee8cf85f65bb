package pseudonym

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// The vault's data key is changed under a keyring, to another algorithm, and the former one forgotten: the
// members' keys are the same, and one that was destroyed does not come back.
func TestKeysAreSealedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.pem")
	if err := vault.Create(path); err != nil {
		t.Fatal(err)
	}
	master, db := must(vault.Load(path)), storetest.SQLite(t)
	folder := t.TempDir()
	ring := must(OpenKeyring(folder, must(vault.New(t.Context(), db, master, vault.AESGCM))))
	first, second := must(ring.make(1)), must(ring.make(2))
	before := must(os.ReadFile(ring.path(1)))
	if n, err := ring.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("sealed %d keys anew without a cause, %v", n, err)
	}

	other := must(vault.New(t.Context(), db, master, vault.SM4GCM))
	again := must(OpenKeyring(folder, other))
	if err := again.destroy(2); err != nil {
		t.Fatal(err)
	}
	if n, err := other.Retire(t.Context(), 0, again); n != 1 || err != nil {
		t.Errorf("retired %d data keys, %v", n, err)
	}
	held := must(again.key(1))
	if held.id != first.id || bytes.Equal(must(os.ReadFile(ring.path(1))), before) {
		t.Errorf("the key of epoch 1 is %s, not %s, or its file is as before", held.id, first.id)
	}
	if _, err := again.key(2); err == nil {
		t.Errorf("key %s was destroyed and is back", second.id)
	}
	if info := must(os.Stat(ring.path(1))); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if left := must(filepath.Glob(filepath.Join(folder, ".new-*"))); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
