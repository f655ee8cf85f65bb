package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// answer is what is kept of an answer.
type answer struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	Body    []byte      `json:"body"`
}

// seal encrypts an answer under a key that only the Idempotency-Key, its caller and the operation yield together:
// answers may hold tokens and personal data. Whoever has the database alone reads none of it, and a row that was
// moved to another caller's or operation's key does not open there.
func seal(a answer, s slot) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	box, err := boxOf(s)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	return box.Seal(nonce, nonce, plain, []byte(s.name)), nil
}

func unseal(sealed []byte, s slot) (answer, error) {
	box, err := boxOf(s)
	if err != nil {
		return answer{}, err
	}
	if len(sealed) < box.NonceSize() {
		return answer{}, errors.New("open a kept answer: it is cut short")
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(s.name))
	if err != nil {
		return answer{}, fmt.Errorf("open a kept answer: %w", err)
	}
	var a answer
	if err := json.Unmarshal(plain, &a); err != nil {
		return answer{}, fmt.Errorf("read a kept answer: %w", err)
	}
	return a, nil
}

func boxOf(s slot) (cipher.AEAD, error) {
	purpose := "tallystick http answer of " + digestOf(s.caller, s.operation)
	secret, err := hkdf.Key(sha256.New, []byte(s.key), []byte(s.name), purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
