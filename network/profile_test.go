package network

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProfileMovesWithItsFolder(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	profile := consortium.Profile("test", consortium.Members[0])
	profile.Peer = Endpoint{Endpoint: "127.0.0.1:7051", ServerName: "peer.harbor", TLSCACertPath: filepath.Join(folder, "tls.pem")}
	profile.Orderers = []Endpoint{{Member: "harbor", TLSCACertPath: filepath.Join(folder, "orderer.pem")}}
	profile.Identities["operator"] = IdentityFiles{CertPath: filepath.Join(folder, "o", "cert.pem"), KeyPath: filepath.Join(folder, "o", "key.pem"), RootPath: filepath.Join(folder, "ca.pem")}
	path := filepath.Join(folder, "profiles", "harbor.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteProfile(path, profile); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(folder)) {
		t.Errorf("the profile names its folder:\n%s", text)
	}
	read, err := ReadProfile(path)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(profile, read); difference != "" {
		t.Errorf("what was written is not what is read:\n%s", difference)
	}
}

func TestReadProfileRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"an unknown field": {`{"version":1,"colour":"red"}`, "colour"},
		"another version":  {`{"version":9}`, "version 9"},
		"what is not JSON": {`version: 1`, "read connection profile"},
	} {
		path := filepath.Join(t.TempDir(), "profile.json")
		if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadProfile(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
	if _, err := ReadProfile(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a profile that does not exist was read")
	}
}

func TestChaincodePackageIsTheSameEveryTime(t *testing.T) {
	first, err := ChaincodePackage("tallystick", "abc")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ChaincodePackage("tallystick", "abc")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, again) {
		t.Error("the same program gives two packages: members could not approve one id")
	}
	other, err := ChaincodePackage("tallystick", "abd")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, other) {
		t.Error("another program gives the same package: members would approve what they have not seen")
	}
}
