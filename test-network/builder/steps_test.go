package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"

	"github.com/tallystick/tallystick/network"
)

// connections are a member's own processes, with certificates that exist.
func connections(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("-----BEGIN "+name+"-----\n\"quoted\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, err := json.Marshal(map[string]network.ChaincodeConnection{"tallystick": {
		Address: "127.0.0.1:7053", ClientCertPath: file("cert"), ClientKeyPath: file("key"), RootCertPath: file("root"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// packaged is the connection file of a real package of the chaincode.
func packaged(t *testing.T, name string) string {
	t.Helper()
	whole, err := network.ChaincodePackage(name, "digest")
	if err != nil {
		t.Fatal(err)
	}
	metadata, code, err := chaincode.ParseChaincodePackage(whole)
	if err != nil {
		t.Fatal(err)
	}
	if metadata.Type != packageKind || metadata.Label != name {
		t.Fatalf("package of %+v", metadata)
	}
	return unpack(t, code, connectionFile)
}

func TestBuildersStepsMakeAConnection(t *testing.T) {
	source, built, released, metadata := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(metadata, "metadata.json"), `{"type":"ccaas","label":"tallystick"}`)
	write(t, filepath.Join(source, connectionFile), packaged(t, "tallystick"))
	t.Setenv(network.BuilderEnvironment, connections(t))
	for _, step := range []struct {
		name    string
		folders []string
	}{
		{"detect", []string{source, metadata}},
		{"build", []string{source, metadata, built}},
		{"release", []string{built, released}},
	} {
		if err := run(step.name, step.folders); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(released, "chaincode", "server", connectionFile))
	if err != nil {
		t.Fatal(err)
	}
	var connection struct {
		Address    string `json:"address"`
		TLS        bool   `json:"tls_required"`
		Mutual     bool   `json:"client_auth_required"`
		ClientCert string `json:"client_cert"`
		RootCert   string `json:"root_cert"`
	}
	if err := json.Unmarshal(text, &connection); err != nil {
		t.Fatal(err)
	}
	if connection.Address != "127.0.0.1:7053" || !connection.TLS || !connection.Mutual {
		t.Errorf("got %+v", connection)
	}
	if connection.ClientCert != "-----BEGIN cert-----\n\"quoted\"\n" || !strings.Contains(connection.RootCert, "root") {
		t.Errorf("certificates %q, %q", connection.ClientCert, connection.RootCert)
	}
}

func TestBuildRefuses(t *testing.T) {
	good := connections(t)
	for name, test := range map[string]struct{ text, connections, want string }{
		"a chaincode that the member does not run": {packaged(t, "unknown"), good, "no such file"},
		"an environment that is not JSON":          {packaged(t, "tallystick"), "", "TALLYSTICK_CHAINCODE_CONNECTIONS"},
		"a template that does not parse":           {"{{", good, "parse connection.json"},
		"a result that is not JSON":                {"address: x", good, "not JSON"},
	} {
		if _, err := render(test.text, test.connections); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestDetectRefusesOtherPackages(t *testing.T) {
	folder := t.TempDir()
	for _, text := range []string{`{"type":"golang"}`, `{}`, `not JSON`} {
		write(t, filepath.Join(folder, "metadata.json"), text)
		if err := run("detect", []string{t.TempDir(), folder}); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
	if err := run("detect", []string{folder}); err == nil {
		t.Error("detect without its folders was accepted")
	}
	if err := run("run", []string{folder, folder}); err == nil {
		t.Error("a step that the builder does not have was accepted")
	}
}
