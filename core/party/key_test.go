package party_test

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

type signatureVector struct {
	key                party.Key
	message, signature []byte
	verdict            string
}

// signatureVectors reads testdata/signatures.txt; an underscore in a message stands for a space.
func signatureVectors(t testing.TB) []signatureVector {
	t.Helper()
	text, err := os.ReadFile("testdata/signatures.txt")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []signatureVector
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 7 {
			t.Fatalf("not a vector: %s", line)
		}
		point, err := hex.DecodeString("04" + f[1] + f[2])
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, signatureVector{
			key:       party.Key{Algorithm: party.Algorithm(f[0]), Public: base64.StdEncoding.EncodeToString(point)},
			message:   []byte(strings.ReplaceAll(f[3], "_", " ")),
			signature: der(t, f[4], f[5]),
			verdict:   f[6],
		})
	}
	return vectors
}

func der(t testing.TB, r, s string) []byte {
	t.Helper()
	var pair struct{ R, S *big.Int }
	pair.R, _ = new(big.Int).SetString(r, 16)
	pair.S, _ = new(big.Int).SetString(s, 16)
	signature, err := asn1.Marshal(pair)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	return string(fault.Of(err).Code)
}

func TestSignaturesOfTheStandards(t *testing.T) {
	vectors := signatureVectors(t)
	if len(vectors) < 10 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for i, v := range vectors {
		if got := verdict(party.Verify(v.key, v.message, v.signature)); got != v.verdict {
			t.Errorf("vector %d, %s: got %s, want %s", i+1, v.key.Algorithm, got, v.verdict)
		}
	}
}

func TestASignatureHasOneEncoding(t *testing.T) {
	for _, v := range signatureVectors(t) {
		if v.verdict != "ok" {
			continue
		}
		longer := append([]byte(nil), v.signature...)
		longer = append(longer, 0)
		padded := append([]byte{0x30, v.signature[1] + 1, 0x02, v.signature[3] + 1, 0x00}, v.signature[4:]...)
		for name, other := range map[string][]byte{"trailing byte": longer, "padded r": padded, "empty": nil} {
			if err := party.Verify(v.key, v.message, other); !errors.Is(err, fault.New(fault.SignatureInvalid)) {
				t.Errorf("%s, %s: got %v", v.key.Algorithm, name, err)
			}
		}
	}
}

func TestAKeyHasOneText(t *testing.T) {
	key := signatureVectors(t)[0].key
	raw, err := base64.StdEncoding.DecodeString(key.Public)
	if err != nil {
		t.Fatal(err)
	}
	compressed := append([]byte{2 + raw[64]&1}, raw[1:33]...)
	for name, public := range map[string]string{
		"line break": key.Public[:40] + "\n" + key.Public[40:],
		"url":        base64.URLEncoding.EncodeToString(raw) + "-",
		"compressed": base64.StdEncoding.EncodeToString(compressed),
		"infinity":   base64.StdEncoding.EncodeToString([]byte{0}),
		"empty":      "",
	} {
		for _, algorithm := range []party.Algorithm{party.P256, party.SM2} {
			err := party.Key{Algorithm: algorithm, Public: public}.Check()
			if !errors.Is(err, fault.New(fault.InvalidField)) {
				t.Errorf("%s, %s: got %v", algorithm, name, err)
			}
		}
	}
	if err := key.Check(); err != nil {
		t.Errorf("the key itself: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range signatureVectors(f) {
		f.Add(string(v.key.Algorithm), v.key.Public, v.message, v.signature)
	}
	f.Fuzz(func(t *testing.T, algorithm, public string, message, signature []byte) {
		key := party.Key{Algorithm: party.Algorithm(algorithm), Public: public}
		first, second := party.Verify(key, message, signature), party.Verify(key, message, signature)
		if verdict(first) != verdict(second) {
			t.Fatalf("two verdicts: %v and %v", first, second)
		}
		var refusal *fault.Fault
		if first != nil && !errors.As(first, &refusal) {
			t.Fatalf("not a refusal: %v", first)
		}
		if first == nil && party.Verify(key, append(message, 0), signature) == nil {
			t.Fatal("a signature fits two messages")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, v := range signatureVectors(b) {
		if v.verdict != "ok" {
			continue
		}
		b.Run(string(v.key.Algorithm), func(b *testing.B) {
			for b.Loop() {
				if err := party.Verify(v.key, v.message, v.signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
