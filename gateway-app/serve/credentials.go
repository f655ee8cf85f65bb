package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// masterKey loads the key that wraps all others, and makes it at the first start.
func masterKey(path string) (*vault.MasterKey, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := vault.Create(path); err != nil {
			return nil, err
		}
	}
	return vault.Load(path)
}

// firstCredentials are written once, for whoever installs the app to sign in with and then to change.
type firstCredentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// bootstrap makes the first administrator where there is no user, and leaves the credentials in a file
// that only its owner may read.
func bootstrap(ctx context.Context, users *access.Directory, member, path string) error {
	made, fresh, err := users.Bootstrap(ctx, member)
	if err != nil || !fresh {
		return err
	}
	text, err := json.MarshalIndent(firstCredentials{User: made.Name, Password: made.Password}, "", "  ")
	if err != nil {
		return fmt.Errorf("write the first credentials: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the first credentials: %w: make the folder writable, then delete the database and start again", err)
	}
	return nil
}
