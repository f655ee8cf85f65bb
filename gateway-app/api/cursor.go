package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
)

// cursors seals where a page begins. What it holds counts all rows of the member's books, which no customer is to
// learn; and it belongs to one list, under one filter and in one direction, and means nothing in another.
type cursors struct{ box cipher.AEAD }

// newCursors makes them from a key that all of the member's processes have; without one, cursors end with the process.
func newCursors(key []byte) (*cursors, error) {
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails: it ends the process instead
	}
	secret, err := hkdf.Key(sha256.New, key, nil, "tallystick cursors of lists", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCM(block)
	return &cursors{box}, err
}

// listOf names a list with its filter and direction: what stays the same from page to page. Where a parameter says what
// leaving it out says too, it is left out.
func listOf(op *operation, path map[string]string, query url.Values) string {
	texts := []string{op.id}
	for _, name := range slices.Sorted(maps.Keys(path)) {
		texts = append(texts, name, path[name])
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch name {
		case "cursor", "limit", "after": // which page, and how long
			continue
		}
		for _, value := range query[name] {
			if value != "" && value != "false" {
				texts = append(texts, name, value)
			}
		}
	}
	return digestOf(texts...)
}

// write answers a cursor for the caller's list; none for no further page.
func (c *cursors) write(ctx context.Context, after string) string {
	if after == "" {
		return ""
	}
	nonce := make([]byte, c.box.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(c.box.Seal(nonce, nonce, []byte(after), []byte(exchangeOf(ctx).list)))
}

// read opens a cursor of the caller's list.
func (c *cursors) read(ctx context.Context, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(sealed) < c.box.NonceSize() {
		return "", doorProblem(CodeCursor, "cursor")
	}
	after, err := c.box.Open(nil, sealed[:c.box.NonceSize()], sealed[c.box.NonceSize():], []byte(exchangeOf(ctx).list))
	if err != nil {
		return "", doorProblem(CodeCursor, "cursor")
	}
	return string(after), nil
}
