package pseudonym

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/fault"
)

// The opening is AES-256-GCM under a key that follows from C, the custodian's function over the number,
// and from the application; so what was sealed for one application opens for no other, nor in another try.

func openingCipher(own []byte, application []byte) (cipher.AEAD, error) {
	raw, err := hkdf.Key(sha256.New, own, nil, "tallystick/pseudonym/opening/v1\x00"+string(application), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func application(epoch int, collection, handle string, attempt int) []byte {
	return fmt.Appendf(nil, "%d\x00%s\x00%s\x00%d", epoch, collection, handle, attempt)
}

// seal encrypts a blind for whoever can compute the custodian's function over the same number.
func seal(own []byte, epoch int, collection, handle string, attempt int, blind oprf.Blind) (Opening, error) {
	opening := Opening{Party: handle, Attempt: attempt}
	about := application(epoch, collection, handle, attempt)
	gcm, err := openingCipher(own, about)
	if err != nil {
		return opening, err
	}
	plain, err := blind.MarshalBinary()
	if err != nil {
		return opening, err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the process instead
	opening.Sealed = gcm.Seal(nonce, nonce, plain, about)
	return opening, nil
}

// unseal opens what seal made. It fails when the numbers differ, whatever was sent.
func unseal(own []byte, epoch int, collection string, o Opening) (oprf.Blind, error) {
	about := application(epoch, collection, o.Party, o.Attempt)
	gcm, err := openingCipher(own, about)
	if err != nil {
		return nil, err
	}
	if len(o.Sealed) < gcm.NonceSize() {
		return nil, fault.In(fault.InvalidField, "sealed")
	}
	plain, err := gcm.Open(nil, o.Sealed[:gcm.NonceSize()], o.Sealed[gcm.NonceSize():], about)
	if err != nil {
		return nil, err
	}
	blind := suite.Group().NewScalar()
	if err := blind.UnmarshalBinary(plain); err != nil || blind.IsZero() {
		return nil, fault.In(fault.InvalidField, "sealed")
	}
	return blind, nil
}
