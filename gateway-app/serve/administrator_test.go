package serve

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// From the machine an administrator is made, let out, and let in again, and the access log has each step.
func TestAnAdministratorComesBackFromTheMachine(t *testing.T) {
	folder := t.TempDir()
	settings := Settings{
		DataFolder: folder, DatabaseURL: "sqlite:" + filepath.Join(folder, "member.db"), ProfilePath: filepath.Join(folder, "profile.json"),
	}
	profile := must[[]byte](t)(json.Marshal(map[string]any{"version": ledger.ProfileVersion, "member": "harbor", "kind": "platform"}))
	ok(t, os.WriteFile(settings.ProfilePath, profile, 0o600))
	ok(t, vault.Create(settings.masterPath()))
	var said strings.Builder
	ok(t, RestoreAdministrator(t.Context(), settings, "carol", &said))
	ok(t, RestoreAdministrator(t.Context(), settings, "dave", &said))
	ok(t, DisableAdministrator(t.Context(), settings, "carol", &said))
	said.Reset()
	ok(t, RestoreAdministrator(t.Context(), settings, "carol", &said))
	ok(t, UnlockAdministrator(t.Context(), settings, "carol", &said))
	if err := DisableAdministrator(t.Context(), settings, "nobody", &said); err == nil {
		t.Error("nobody was disabled")
	}
	_, after, _ := strings.Cut(said.String(), "with the password ")
	password, _, _ := strings.Cut(after, "\n")

	b := must[*bureau](t)(openBureau(t.Context(), settings))
	defer func() { _ = b.close() }()
	_, p, err := b.users.SignIn(t.Context(), "carol", password, "")
	if err != nil || !p.Has(access.Administrator) || !p.PasswordDue {
		t.Errorf("got %+v, %v", p, err)
	}
	var steps []string
	const all = 1000
	rows, err := b.log.For(true).Page(t.Context(), accesslog.Filter{}, 0, all)
	ok(t, err)
	for _, row := range rows {
		if row.Actor == atTheMachine && row.Policy == atTheMachine {
			steps = append(steps, row.Operation)
		}
	}
	if want := []string{"user.create", "user.create", "user.disable", "user.reset", "user.unlock"}; !slices.Equal(steps, want) {
		t.Errorf("the access log has %v, want %v", steps, want)
	}
}
