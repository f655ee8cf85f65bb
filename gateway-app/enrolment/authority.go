package enrolment

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// Authority is the member's Fabric CA, over its REST API.
type Authority struct {
	address      string
	name         string
	organisation string
	client       *http.Client
}

// NewAuthority reaches the authority of a name at an https address, trusting one root. The organisation
// stands in the certificates.
func NewAuthority(address, name, organisation, rootPath string) (*Authority, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" {
		return nil, fmt.Errorf("reach the certificate authority: %q is no https address: give the one of the member's Fabric CA", address)
	}
	root, err := os.ReadFile(rootPath)
	if err != nil {
		return nil, fmt.Errorf("reach the certificate authority: read its root: %w: name the root certificate of the member's Fabric CA", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return nil, fmt.Errorf("reach the certificate authority: %s holds no certificate", rootPath)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return &Authority{
		address: strings.TrimSuffix(address, "/"), name: name, organisation: organisation,
		client: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	}, nil
}

// credential is a certificate and its key.
type credential struct {
	certificate []byte // PEM
	key         *ecdsa.PrivateKey
}

// refusal is what the authority says no with.
type refusal struct {
	status int
	code   int
	text   string
}

// Error repeats the authority's words.
func (r *refusal) Error() string {
	return fmt.Sprintf("the certificate authority refuses (HTTP %d, code %d): %s", r.status, r.code, r.text)
}

// codeRegistered is the authority's code for an identity that it knows already.
const codeRegistered = 74

func refusedWith(err error, code int) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

type attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	ECert bool   `json:"ecert"`
}

// register makes an identity known, with a secret of our own and the role that its certificate will carry.
func (a *Authority) register(ctx context.Context, registrar credential, name, secret, role string) error {
	return a.call(ctx, "register", signedBy(registrar), map[string]any{
		"id": name, "type": "client", "secret": secret, "max_enrollments": mostEnrolments, "affiliation": "",
		"attrs": []attribute{{"role", role, true}}, "caname": a.name,
	}, nil)
}

// mostEnrolments bounds how often a secret can be used: more than once, so that an answer that was lost
// can be asked for again.
const mostEnrolments = 8

// enrol has a fresh key certified, with the identity's secret.
func (a *Authority) enrol(ctx context.Context, name, secret string) (credential, error) {
	by := func(request *http.Request, _ []byte) error {
		request.SetBasicAuth(name, secret)
		return nil
	}
	return a.certify(ctx, "enroll", by, name)
}

// renew has a fresh key certified, with the certificate that is about to expire.
func (a *Authority) renew(ctx context.Context, former credential, name string) (credential, error) {
	return a.certify(ctx, "reenroll", signedBy(former), name)
}

func (a *Authority) certify(ctx context.Context, operation string, by authorisation, name string) (credential, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return credential{}, fmt.Errorf("make a key: %w", err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: name, Organization: []string{a.organisation}},
	}, key)
	if err != nil {
		return credential{}, fmt.Errorf("ask for a certificate: %w", err)
	}
	var answer struct{ Cert string }
	err = a.call(ctx, operation, by, map[string]any{
		"caname":              a.name,
		"certificate_request": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request})),
	}, &answer)
	if err != nil {
		return credential{}, err
	}
	certificate, err := base64.StdEncoding.DecodeString(answer.Cert)
	if err != nil {
		return credential{}, fmt.Errorf("read the authority's certificate: %w", err)
	}
	made := credential{certificate: certificate, key: key}
	return made, made.check()
}

// check makes sure that the certificate is one, and of this key.
func (c credential) check() error {
	parsed, err := c.parsed()
	if err != nil {
		return err
	}
	if public, ok := parsed.PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(&c.key.PublicKey) {
		return errors.New("read the authority's certificate: it is of another key")
	}
	return nil
}

func (c credential) parsed() (*x509.Certificate, error) {
	block, _ := pem.Decode(c.certificate)
	if block == nil {
		return nil, errors.New("read the authority's certificate: it is no PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	return parsed, nil
}

// revoke ends an identity and all its certificates. An identity that was revoked before stays so.
func (a *Authority) revoke(ctx context.Context, registrar credential, name, reason string) error {
	return a.call(ctx, "revoke", signedBy(registrar), map[string]any{"id": name, "reason": reason, "caname": a.name}, nil)
}

// revocations is the authority's list of what is revoked, in PEM.
func (a *Authority) revocations(ctx context.Context, registrar credential) ([]byte, error) {
	var answer struct{ CRL string }
	if err := a.call(ctx, "gencrl", signedBy(registrar), map[string]any{"caname": a.name}, &answer); err != nil {
		return nil, err
	}
	list, err := base64.StdEncoding.DecodeString(answer.CRL)
	if err != nil {
		return nil, fmt.Errorf("read the authority's list of revoked certificates: %w", err)
	}
	return list, nil
}

// authorisation proves to the authority who asks.
type authorisation func(request *http.Request, body []byte) error

// signedBy makes the authority's own kind of token: a signature over method, path, body and certificate.
func signedBy(c credential) authorisation {
	return func(request *http.Request, body []byte) error {
		encode := base64.StdEncoding.EncodeToString
		certificate := encode(c.certificate)
		payload := strings.Join([]string{request.Method, encode([]byte(request.URL.RequestURI())), encode(body), certificate}, ".")
		digest := sha256.Sum256([]byte(payload))
		r, s, err := ecdsa.Sign(rand.Reader, c.key, digest[:])
		if err != nil {
			return fmt.Errorf("sign a request to the certificate authority: %w", err)
		}
		signature, err := asn1.Marshal(struct{ R, S *big.Int }{r, lower(s, c.key.Curve)})
		if err != nil {
			return fmt.Errorf("sign a request to the certificate authority: %w", err)
		}
		request.Header.Set("Authorization", certificate+"."+encode(signature))
		return nil
	}
}

// lower picks the smaller of the two values that verify: Fabric accepts no other.
func lower(s *big.Int, curve elliptic.Curve) *big.Int {
	order := curve.Params().N
	if s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		return new(big.Int).Sub(order, s)
	}
	return s
}

// longestAnswer bounds what is read of an answer: lists of revoked certificates grow.
const longestAnswer = 16 << 20

func (a *Authority) call(ctx context.Context, operation string, by authorisation, question map[string]any, result any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("ask the certificate authority to %s: %w", operation, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address+"/api/v1/"+operation, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the certificate authority to %s: %w", operation, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if err := by(request, body); err != nil {
		return err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the certificate authority to %s: %w", operation, errors.Join(fault.New(fault.Unavailable), err))
	}
	defer response.Body.Close()
	var answer struct {
		Success bool            `json:"success"`
		Result  json.RawMessage `json:"result"`
		Errors  []struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, longestAnswer)).Decode(&answer); err != nil {
		return fmt.Errorf("ask the certificate authority to %s: read its answer (HTTP %d): %w", operation, response.StatusCode, err)
	}
	if !answer.Success {
		no := &refusal{status: response.StatusCode, text: "no reason given"}
		if len(answer.Errors) > 0 {
			no.code, no.text = answer.Errors[0].Code, answer.Errors[0].Message
		}
		return fmt.Errorf("ask the certificate authority to %s: %w", operation, no)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("ask the certificate authority to %s: read its answer: %w", operation, err)
	}
	return nil
}
