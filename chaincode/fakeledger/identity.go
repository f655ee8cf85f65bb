package fakeledger

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// attributeExtension is where Fabric CA writes attributes into a certificate.
var attributeExtension = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// Identity is a client of a member: a key, and a certificate of the member's own CA.
type Identity struct {
	MSP         string
	Certificate *x509.Certificate
	serialized  []byte
	key         *ecdsa.PrivateKey
	root        *x509.Certificate
}

// Serialized is the creator as a transaction carries it: an encoded msp.SerializedIdentity.
func (i Identity) Serialized() []byte { return i.serialized }

// Root is the certificate of the member's CA.
func (i Identity) Root() *x509.Certificate { return i.root }

// SignDigest signs a SHA-256 digest with the client's key, for what is signed beside transactions.
func (i Identity) SignDigest(digest []byte) ([]byte, error) {
	signature, err := ecdsa.SignASN1(rand.Reader, i.key, digest)
	if err != nil {
		return nil, fmt.Errorf("sign a digest: %w", err)
	}
	return signature, nil
}

func (i Identity) sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return i.SignDigest(digest[:])
}

// Authorities are members' CAs and the identities that they issued. Channels may share them, so that who
// takes part is known before a channel is opened.
type Authorities struct {
	mu     sync.Mutex
	roots  map[string]authority
	issued map[[2]string]Identity
}

// NewAuthorities makes CAs for whoever will be asked for.
func NewAuthorities() *Authorities {
	return &Authorities{roots: map[string]authority{}, issued: map[[2]string]Identity{}}
}

// Root is the certificate of a member's CA.
func (r *Authorities) Root(member string) (*x509.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	root, err := r.root(member)
	return root.certificate, err
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Identity answers the member's client that has the role in its certificate; the same member and
// role answer the same identity every time. An empty role gives a certificate without one.
func (l *Ledger) Identity(member, role string) Identity { return l.identities.Identity(member, role) }

// Identity answers the member's client that has the role in its certificate, the same every time.
func (r *Authorities) Identity(member, role string) Identity { return r.Named(member, role, role) }

// Named answers the member's client of a name, made with the role when it is first asked for.
func (r *Authorities) Named(member, name, role string) Identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	if identity, known := r.issued[[2]string{member, name}]; known {
		return identity
	}
	attributes := map[string]string{}
	if role != "" {
		attributes["role"] = role
	}
	if role == "auditor" {
		attributes["scope"] = "all" // another scope is for Enroll
	}
	identity := r.mustEnroll(member, name+"."+member, attributes)
	r.issued[[2]string{member, name}] = identity
	return identity
}

// Enroll issues a new identity by name, with these attributes beside those that Fabric CA adds. The
// member need not belong to the channel: refusing strangers is part of what is tested.
func (l *Ledger) Enroll(member, name string, attributes map[string]string) Identity {
	l.identities.mu.Lock()
	defer l.identities.mu.Unlock()
	return l.identities.mustEnroll(member, name, attributes)
}

func (r *Authorities) mustEnroll(member, name string, attributes map[string]string) Identity {
	identity, err := r.enroll(member, name, attributes)
	if err != nil {
		panic(fmt.Sprintf("enroll %s of %s: %v", name, member, err))
	}
	return identity
}

func (r *Authorities) enroll(member, name string, attributes map[string]string) (Identity, error) {
	root, err := r.root(member)
	if err != nil {
		return Identity{}, err
	}
	all := map[string]string{"hf.EnrollmentID": name, "hf.Type": "client", "hf.Affiliation": ""}
	for key, value := range attributes {
		all[key] = value
	}
	extension, err := json.Marshal(map[string]map[string]string{"attrs": all})
	if err != nil {
		return Identity{}, fmt.Errorf("encode attributes: %w", err)
	}
	template := certificate(pkix.Name{CommonName: name, OrganizationalUnit: []string{"client"}})
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtraExtensions = []pkix.Extension{{Id: attributeExtension, Value: extension}}
	signed, key, err := issue(template, root.certificate, root.key)
	if err != nil {
		return Identity{}, err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed.Raw})
	serialized, err := proto.Marshal(&msp.SerializedIdentity{Mspid: member, IdBytes: encoded})
	if err != nil {
		return Identity{}, fmt.Errorf("encode the identity: %w", err)
	}
	return Identity{MSP: member, Certificate: signed, serialized: serialized, key: key, root: root.certificate}, nil
}

func (r *Authorities) root(member string) (authority, error) {
	if root, ok := r.roots[member]; ok {
		return root, nil
	}
	template := certificate(pkix.Name{CommonName: "ca." + member, Organization: []string{member}})
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	signed, key, err := issue(template, nil, nil)
	if err != nil {
		return authority{}, err
	}
	r.roots[member] = authority{certificate: signed, key: key}
	return r.roots[member], nil
}

// certificate is valid around both the wall clock and the default transaction times: chaincode that
// checks validity against the transaction's time finds it valid.
func certificate(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(randomBytes(16)),
		Subject:      subject,
		NotBefore:    time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC),
	}
}

// issue makes a key and has its certificate signed by the parent, or by itself where there is none.
func issue(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	if parent == nil {
		parent, signer = template, key
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, fmt.Errorf("issue a certificate: %w", err)
	}
	signed, err := x509.ParseCertificate(encoded)
	if err != nil {
		return nil, nil, fmt.Errorf("read back a certificate: %w", err)
	}
	return signed, key, nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	// crypto/rand.Read never fails: it ends the process where the system has no randomness.
	_, _ = rand.Read(b)
	return b
}
