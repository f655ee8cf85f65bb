package serve

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// settingsWith writes a whole settings file with some lines more.
func settingsWith(t *testing.T, lines string) (Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	text := `{"version": 1, "listen": "127.0.0.1:1", "cert_path": "c", "key_path": "k", "client_ca_path": "a", "profile_path": "p",
		"database_url": "sqlite:d", "data_folder": "f", "first_credentials_path": "i"` + lines + `}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadSettings(path)
}

// Codes are asked of administrators unless the member says otherwise, and of nobody by a slip of the pen.
func TestCodesAreAskedOfWhomTheMemberSays(t *testing.T) {
	for lines, want := range map[string][]access.Role{
		``:                               {access.Administrator},
		`, "code_roles": []`:             {},
		`, "code_roles": ["supervisor"]`: {access.Supervisor},
	} {
		s, err := settingsWith(t, lines)
		if err != nil || !slices.Equal(s.codeRoles(), want) {
			t.Errorf("%s: %v, %v", lines, s.codeRoles(), err)
		}
	}
	_, err := settingsWith(t, `, "code_roles": ["admin-istrator"]`)
	if err == nil || !strings.Contains(err.Error(), `no role "admin-istrator"`) || !strings.Contains(err.Error(), "custodian_operator") {
		t.Errorf("a role that is none: %v", err)
	}
}
