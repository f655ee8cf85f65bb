package network

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
)

// ChaincodeConnection is how a member's peer reaches the member's own process of one chaincode.
// Peers hand a map of these, by chaincode, to their builder in BuilderEnvironment.
type ChaincodeConnection struct {
	Address        string `json:"address"`
	ClientCertPath string `json:"client_cert_path"`
	ClientKeyPath  string `json:"client_key_path"`
	RootCertPath   string `json:"root_cert_path"`
}

// connectionTemplate becomes a peer's connection file once the builder has put in what differs
// between members.
const connectionTemplate = `{{with index . "CHAINCODE"}}{
  "address": {{text .Address}},
  "dial_timeout": "10s",
  "tls_required": true,
  "client_auth_required": true,
  "client_cert": {{file .ClientCertPath}},
  "client_key": {{file .ClientKeyPath}},
  "root_cert": {{file .RootCertPath}}
}{{end}}
`

// ChaincodePackage makes the package that every member installs. It holds no code: the digest of
// the chaincode's program stands for it, so that members who approve a package id approve one
// program. The same chaincode and digest give the same bytes.
func ChaincodePackage(chaincode, programDigest string) ([]byte, error) {
	code, err := archive([]file{
		{"connection.json", strings.Replace(connectionTemplate, "CHAINCODE", chaincode, 1)},
		{"program.sha256", programDigest + "\n"},
	})
	if err != nil {
		return nil, fmt.Errorf("package chaincode %s: %w", chaincode, err)
	}
	metadata, err := json.Marshal(map[string]string{"type": "ccaas", "label": chaincode})
	if err != nil {
		return nil, fmt.Errorf("package chaincode %s: %w", chaincode, err)
	}
	whole, err := archive([]file{{"metadata.json", string(metadata)}, {"code.tar.gz", string(code)}})
	if err != nil {
		return nil, fmt.Errorf("package chaincode %s: %w", chaincode, err)
	}
	return whole, nil
}

type file struct {
	name    string
	content string
}

// archive writes files without times or owners, which would change the digest from run to run.
func archive(files []file) ([]byte, error) {
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	writer := tar.NewWriter(compressed)
	for _, each := range files {
		header := &tar.Header{Name: each.name, Mode: 0o644, Size: int64(len(each.content))}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write([]byte(each.content)); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	if err := compressed.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
