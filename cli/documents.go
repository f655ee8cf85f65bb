package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
)

// digestFile is the SHA-256 of a document, whatever its size.
func digestFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read document: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("read document %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// digestOf takes a digest as it is, and everything else for the name of a document.
func digestOf(named string) (string, error) {
	if wire.IsDigest(named) {
		return named, nil
	}
	return digestFile(named)
}

// mediaTypeOf guesses a document's type by its name, as the log writes it: without parameters.
func mediaTypeOf(path string) string {
	guessed, _, _ := strings.Cut(mime.TypeByExtension(filepath.Ext(path)), ";")
	if guessed == "" {
		return "application/octet-stream"
	}
	return strings.ToLower(strings.TrimSpace(guessed))
}

// randomHex is so many random bytes in lower-case hexadecimal.
func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // it never fails: the program ends when the system has no randomness
	return hex.EncodeToString(raw)
}
