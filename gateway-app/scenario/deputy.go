package scenario

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// deputy is a member's second supervisor on the way past its gateway app: there the app's own users approve.
type deputy struct {
	channel string
	key     *ecdsa.PrivateKey
	chain   []string // its certificate and the authority's
}

// openDeputy reads the identity from the member's profile.
func openDeputy(profile ledger.Profile) (*deputy, error) {
	files, known := profile.Identities["deputy"]
	if !known {
		return nil, fmt.Errorf("the profile of %s has no deputy: bring the network up anew", profile.Member)
	}
	d := &deputy{channel: profile.Channel}
	for _, path := range []string{files.CertPath, files.RootPath} {
		raw, err := readPEM(path)
		if err != nil {
			return nil, fmt.Errorf("read the deputy of %s: %w", profile.Member, err)
		}
		d.chain = append(d.chain, base64.StdEncoding.EncodeToString(raw))
	}
	raw, err := readPEM(files.KeyPath)
	if err != nil {
		return nil, fmt.Errorf("read the deputy of %s: %w", profile.Member, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read the deputy of %s: %w", profile.Member, err)
	}
	key, isECDSA := parsed.(*ecdsa.PrivateKey)
	if !isECDSA {
		return nil, fmt.Errorf("read the deputy of %s: its key is not of ECDSA", profile.Member)
	}
	d.key = key
	return d, nil
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New(path + " is no PEM")
	}
	return block.Bytes, nil
}

// approve adds the deputy's word to a request for which a regime may want one.
func (d *deputy) approve(function string, r wire.Request[json.RawMessage]) (wire.Request[json.RawMessage], error) {
	if f, _ := wire.Lookup(function); !f.FourEyes() {
		return r, nil
	}
	items, err := wire.Encode(r.Items)
	if err != nil {
		return r, fmt.Errorf("approve %s: %w", function, err)
	}
	digest, err := wire.Approvable{
		Channel: d.channel, Function: function, ID: r.ID, Collection: r.Collection, Mode: r.Mode, Items: items,
	}.Digest()
	if err != nil {
		return r, fmt.Errorf("approve %s: %w", function, err)
	}
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return r, fmt.Errorf("approve %s: %w", function, err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, raw)
	if err != nil {
		return r, fmt.Errorf("approve %s: %w", function, err)
	}
	r.Approvals = []wire.Approval{{Certificates: d.chain, Signature: base64.StdEncoding.EncodeToString(signature)}}
	return r, nil
}
