package enrolment

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"

	"github.com/tallystick/tallystick/core/wire"
)

// Approve signs a digest with the key of a member of staff. Their certificate goes with it, and those that
// lead from it to the authority's root: whoever has the root needs to ask nobody to verify it.
func (r *Register) Approve(ctx context.Context, name, digest string) (wire.Approval, error) {
	held, err := r.Credential(ctx, name)
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: %w", name, err)
	}
	key, err := parseKey(held.Key)
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: %w", name, err)
	}
	certificate, err := credential{certificate: held.Certificate}.parsed()
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: %w", name, err)
	}
	issuers, err := r.issuers(ctx)
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: %w", name, err)
	}
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: read the digest: %w", name, err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, key, raw)
	if err != nil {
		return wire.Approval{}, fmt.Errorf("approve as %s: %w", name, err)
	}
	approval := wire.Approval{Signature: base64.StdEncoding.EncodeToString(signature)}
	for _, c := range chainOf(certificate, issuers) {
		approval.Certificates = append(approval.Certificates, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return approval, nil
}

// issuers are the authority's own certificate and those above it. They are asked for until they are known,
// and kept: they change with the authority itself.
func (r *Register) issuers(ctx context.Context) ([]*x509.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.chain != nil {
		return r.chain, nil
	}
	chain, err := r.authority.chain(ctx)
	if err != nil {
		return nil, err
	}
	r.chain = chain
	return chain, nil
}

// chainOf lists a certificate, its issuer, its issuer's, and so on, as far as they are known.
func chainOf(certificate *x509.Certificate, known []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{certificate}
	for range known {
		last := chain[len(chain)-1]
		if len(chain) > 1 && last.CheckSignatureFrom(last) == nil {
			break // a root issued itself
		}
		for _, issuer := range known {
			if last.CheckSignatureFrom(issuer) == nil {
				chain = append(chain, issuer)
				break
			}
		}
	}
	return chain
}

// chain asks the authority for its certificates.
func (a *Authority) chain(ctx context.Context) ([]*x509.Certificate, error) {
	var answer struct{ CAChain string }
	byNobody := func(*http.Request, []byte) error { return nil }
	if err := a.call(ctx, "cainfo", byNobody, map[string]any{"caname": a.name}, &answer); err != nil {
		return nil, err
	}
	text, err := base64.StdEncoding.DecodeString(answer.CAChain)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificates: %w", err)
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificates: %w", err)
		}
		chain = append(chain, certificate)
	}
	if len(chain) == 0 {
		return nil, errors.New("read the authority's certificates: it gave none")
	}
	return chain, nil
}
