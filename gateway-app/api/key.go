package api

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerKeys adds what machines come with: API keys and client certificates.
func (s *Server) registerKeys() {
	if s.parts.Users == nil {
		return
	}
	const tag = "Keys"
	registerList(s, operation{
		id: "key.list", method: http.MethodGet, path: "/v1/keys", tag: tag, summary: "List API keys: one's own; to administrators, all",
	}, s.listKeys)
	registerChecked(s, operation{
		id: "key.create", method: http.MethodPost, path: "/v1/keys", tag: tag,
		summary: "Make an API key for oneself or, as an administrator, for a machine; the key is answered once",
	}, s.checkKey, s.createKey)
	register(s, operation{
		id: "key.revoke", method: http.MethodDelete, path: "/v1/keys/{id}", tag: tag, repeatable: true, summary: "Revoke an API key",
	}, s.revokeKey)
	registerList(s, operation{
		id: "certificate.list", method: http.MethodGet, path: "/v1/certificates", tag: tag, summary: "List machines' client certificates",
	}, s.listCertificates)
	registerChecked(s, operation{
		id: "certificate.bind", method: http.MethodPost, path: "/v1/certificates", tag: tag, repeatable: true,
		summary: "Let a machine come with a client certificate",
	}, checkCertificate, s.bindCertificate)
	register(s, operation{
		id: "certificate.revoke", method: http.MethodDelete, path: "/v1/certificates/{fingerprint}", tag: tag, repeatable: true,
		summary: "Refuse a client certificate from now on, for good",
	}, s.revokeCertificate)
}

// whoseKeys is nobody in particular for an administrator, and else the caller.
func whoseKeys(ctx context.Context) string {
	if p := callerOf(ctx); !p.Has(access.Administrator) {
		return p.ID
	}
	return ""
}

func (s *Server) listKeys(ctx context.Context, _ *listInput, page projection.Page) (projection.List[access.Key], error) {
	keys, err := s.parts.Users.Keys(ctx, whoseKeys(ctx), page.After, page.Limit)
	return pageOf(keys, page.Limit, func(k access.Key) string { return k.ID }), err
}

type newKeyInput struct {
	Body struct {
		User       string    `json:"user,omitempty" pattern:"^([0-9a-f]{32})?$" doc:"A machine; oneself when not given"`
		Label      string    `json:"label" minLength:"1" maxLength:"128"`
		Operations []string  `json:"operations" minItems:"1" maxItems:"200" doc:"The ids of the operations that the key is good for"`
		ExpiresAt  time.Time `json:"expires_at" doc:"A year ahead at most"`
	}
}

// NewKey is a key that has just been made.
type NewKey struct {
	Key    access.Key `json:"key"`
	Secret string     `json:"secret" doc:"The key itself, answered once: send it as a bearer token"`
}

type newKeyOutput struct{ Body NewKey }

func (s *Server) createKey(ctx context.Context, input *newKeyInput) (*newKeyOutput, error) {
	caller := callerOf(ctx)
	user := input.Body.User
	if user == "" {
		user = caller.ID
	}
	if user != caller.ID && !caller.Has(access.Administrator) {
		return nil, fault.New(fault.WrongRole)
	}
	if err := s.keyWithin(ctx, user, input.Body.Operations); err != nil {
		return nil, err
	}
	secret, made, err := s.parts.Users.CreateKey(ctx, access.NewKey{
		User: user, Label: input.Body.Label, Operations: input.Body.Operations, ExpiresAt: input.Body.ExpiresAt, By: caller.ID,
	})
	return &newKeyOutput{Body: NewKey{Key: made, Secret: secret}}, err
}

// checkKey refuses a key for its form.
func (s *Server) checkKey(_ context.Context, input *newKeyInput) error {
	return access.NewKey{Label: input.Body.Label, Operations: input.Body.Operations, ExpiresAt: input.Body.ExpiresAt}.Check(s.now())
}

// keyWithin refuses a key that is made for what its user may never do, or no key may: it would look like a right and be
// none.
func (s *Server) keyWithin(ctx context.Context, user string, operations []string) error {
	owner, err := s.parts.Users.User(ctx, user)
	if err != nil {
		return fmt.Errorf("look up whose key it is to be: %w", err)
	}
	key := access.Principal{ID: owner.ID, Kind: access.KindKey, Roles: owner.Roles, Party: owner.Party, Scope: operations}
	for i, id := range operations {
		known, _ := access.Lookup(id)
		decision, err := s.parts.Door.Foresee(ctx, key, Question{Operation: known.ID})
		if err != nil {
			return fmt.Errorf("ask whether a key may do %s: %w", known.ID, err)
		}
		if !decision.Allowed {
			return doorProblem(CodeOperationBeyond, fmt.Sprintf("operations[%d]", i))
		}
	}
	return nil
}

type keyInput struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func (s *Server) revokeKey(ctx context.Context, input *keyInput) (*struct{}, error) {
	return nil, s.parts.Users.RevokeKey(ctx, whoseKeys(ctx), input.ID)
}

func (s *Server) listCertificates(ctx context.Context, _ *listInput, page projection.Page) (projection.List[access.Certificate], error) {
	list, err := s.parts.Users.Certificates(ctx, page.After, page.Limit)
	return pageOf(list, page.Limit, func(c access.Certificate) string { return c.Fingerprint }), err
}

type newCertificateInput struct {
	Body struct {
		User        string `json:"user" pattern:"^[0-9a-f]{32}$" doc:"The machine's user"`
		Label       string `json:"label" minLength:"1" maxLength:"128"`
		Certificate string `json:"certificate" minLength:"1" maxLength:"16384" doc:"In PEM"`
	}
}

type certificateOutput struct{ Body access.Certificate }

// certificate reads the certificate that is sent.
func (in *newCertificateInput) certificate() (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(in.Body.Certificate))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fault.In(fault.InvalidField, "certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.In(fault.InvalidField, "certificate")
	}
	return certificate, nil
}

func checkCertificate(_ context.Context, input *newCertificateInput) error {
	_, err := input.certificate()
	return err
}

func (s *Server) bindCertificate(ctx context.Context, input *newCertificateInput) (*certificateOutput, error) {
	certificate, err := input.certificate()
	if err != nil {
		return nil, err
	}
	bound, err := s.parts.Users.BindCertificate(ctx, input.Body.User, input.Body.Label, certificate)
	return &certificateOutput{Body: bound}, err
}

type fingerprintInput struct {
	Fingerprint string `path:"fingerprint" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the certificate"`
}

func (s *Server) revokeCertificate(ctx context.Context, input *fingerprintInput) (*struct{}, error) {
	return nil, s.parts.Users.RevokeCertificate(ctx, input.Fingerprint)
}
