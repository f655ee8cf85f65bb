package ledger

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// attributes is the certificate extension in which Fabric's CA keeps what it vouches for.
var attributes = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// decodeCreator reads a serialized identity. What does not decode stays empty: whether an identity is
// to be believed, the peers decided when they gave their verdict.
func decodeCreator(raw []byte) Creator {
	var id msp.SerializedIdentity
	if proto.Unmarshal(raw, &id) != nil {
		return Creator{}
	}
	creator := Creator{MSPID: id.GetMspid()}
	block, _ := pem.Decode(id.GetIdBytes())
	if block == nil {
		return creator
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return creator
	}
	creator.Subject, creator.Role = cert.Subject.CommonName, roleOf(cert)
	return creator
}

func roleOf(cert *x509.Certificate) string {
	for _, extension := range cert.Extensions {
		if !extension.Id.Equal(attributes) {
			continue
		}
		var vouched struct {
			Attrs struct {
				Role string `json:"role"`
			} `json:"attrs"`
		}
		if json.Unmarshal(extension.Value, &vouched) == nil {
			return vouched.Attrs.Role
		}
	}
	return ""
}
