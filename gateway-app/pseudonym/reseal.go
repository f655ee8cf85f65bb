package pseudonym

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lock keeps processes that change the folder's files apart: a key that one of them destroys must not come
// back by the hand of another that was sealing it anew. It ends with the process, however that ends.
func (k *Keyring) lock() (unlock func(), err error) {
	folder, err := os.Open(k.folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return func() { _ = folder.Close() }, nil // which gives the lock up
}

// Reseal seals every key of the folder under the vault's newest data key, and answers how many were under an
// older one. The keys stay what they are; a file is replaced whole or not at all.
func (k *Keyring) Reseal(ctx context.Context) (int, error) {
	unlock, err := k.lock()
	if err != nil {
		return 0, fmt.Errorf("seal the pseudonym keys anew: %w", err)
	}
	defer unlock()
	names, err := filepath.Glob(filepath.Join(k.folder, "epoch-*.key"))
	if err != nil {
		return 0, fmt.Errorf("seal the pseudonym keys anew: %w", err)
	}
	resealed := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return resealed, err
		}
		changed, err := k.resealFile(name)
		if err != nil {
			return resealed, fmt.Errorf("seal %s anew: %w", filepath.Base(name), err)
		}
		if changed {
			resealed++
		}
	}
	return resealed, nil
}

func (k *Keyring) resealFile(path string) (bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	var file keyFile
	if err := json.Unmarshal(text, &file); err != nil {
		return false, fmt.Errorf("%w: restore it from its backup", err)
	}
	if !file.Sealed || k.sealer == nil || k.sealer.Current(file.Key) {
		return false, nil
	}
	row := strconv.Itoa(file.Epoch)
	plain, err := k.sealer.Open("pseudonym_key", row, "key", file.Key)
	if err != nil {
		return false, err
	}
	if file.Key, err = k.sealer.Seal("pseudonym_key", row, "key", plain); err != nil {
		return false, err
	}
	fresh, err := json.Marshal(file)
	if err != nil {
		return false, err
	}
	return true, replace(path, fresh)
}

// replace puts a file in the place of another, with the same rights, whole or not at all.
func replace(path string, text []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // after the renaming there is nothing of this name
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
