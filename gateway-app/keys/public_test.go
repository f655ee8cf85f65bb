package keys_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
)

func TestAPublicKeyTravelsAsPEM(t *testing.T) {
	for _, algorithm := range algorithms() {
		key := generate(t, algorithm)
		text, err := keys.EncodePublicPEM(key.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		read, err := keys.ParsePublicPEM(text)
		if err != nil || read != key.PublicKey() {
			t.Errorf("%s reads as %+v, %v", algorithm, read, err)
		}
		private, err := key.EncodePEM()
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"", "no key", string(private), text + text} {
			if _, err := keys.ParsePublicPEM(wrong); !errors.Is(err, keys.ErrPublicFormat) {
				t.Errorf("%q was taken: %v", wrong, err)
			}
		}
	}
	if _, err := keys.EncodePublicPEM(party.Key{Algorithm: "rsa", Public: "AAAA"}); !errors.Is(err, keys.ErrAlgorithm) {
		t.Errorf("a key of another kind was taken: %v", err)
	}
}
