package ledger_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func TestPathsInAProfileAreRelativeToIt(t *testing.T) {
	folder := t.TempDir()
	profile, err := ledger.LoadProfile(writeProfile(t, folder, profileOf("harbor", "x:1")))
	if err != nil {
		t.Fatal(err)
	}
	if profile.Peer.TLSCACertPath != filepath.Join(folder, "root.pem") || profile.Identities["machine"].KeyPath != filepath.Join(folder, "key.pem") {
		t.Errorf("got %+v", profile)
	}
}

func TestAProfileIsFound(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, ".run", "dev", "profiles")
	below := filepath.Join(root, "a", "b")
	for _, made := range []string{folder, below} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(below)
	t.Setenv(ledger.ProfileVariable, "")
	if _, err := ledger.FindProfile(""); err == nil || !strings.Contains(err.Error(), ledger.ProfileVariable) {
		t.Errorf("an empty folder answers %v, want a remedy", err)
	}
	for _, member := range []string{"harbor", "authority"} {
		writeProfile(t, folder, profileOf(member, member+":1"))
	}
	elsewhere := writeProfile(t, t.TempDir(), profileOf("lantern", "lantern:1"))
	want := func(named, endpoint string) {
		t.Helper()
		profile, err := ledger.FindProfile(named)
		if err != nil || profile.Peer.Endpoint != endpoint {
			t.Errorf("%q finds %q, %v; want %q", named, profile.Peer.Endpoint, err, endpoint)
		}
	}
	want("", "authority:1")
	want("harbor", "harbor:1")
	want(elsewhere, "lantern:1")
	t.Setenv(ledger.ProfileVariable, elsewhere)
	want("", "lantern:1")
	want("harbor", "harbor:1")
	t.Setenv(ledger.ProfileVariable, "")
	auditor := profileOf("authority", "auditor:1")
	if err := os.Rename(writeProfile(t, t.TempDir(), auditor), filepath.Join(folder, "auditor.json")); err != nil {
		t.Fatal(err)
	}
	want("", "auditor:1")
}

func TestWhatIsNoProfileIsRefused(t *testing.T) {
	folder := t.TempDir()
	wrong := profileOf("harbor", "x:1")
	wrong.Version = 7
	if _, err := ledger.LoadProfile(writeProfile(t, folder, wrong)); err == nil || !strings.Contains(err.Error(), "version 7") {
		t.Errorf("another version answers %v", err)
	}
	path := filepath.Join(folder, "broken.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Join(folder, "absent.json")} {
		if _, err := ledger.LoadProfile(path); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
}

func TestWhoHoldsWhat(t *testing.T) {
	holds := map[string]string{
		"harbor": "harbor-meridian", "lantern": "lantern-meridian",
		"meridian":  "harbor-meridian lantern-meridian exposure",
		"authority": "harbor-meridian lantern-meridian exposure",
	}
	for member, held := range holds {
		profile := profileOf(member, "x:1")
		for _, collection := range append(profile.Collections, "another") {
			want := strings.Contains(" "+held+" ", " "+collection+" ")
			if got := profile.Holds(collection); got != want {
				t.Errorf("%s holds %s: %v, want %v", member, collection, got, want)
			}
		}
	}
}

func TestConnectingSaysWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	_, address := startStandIn(t, writeCredentials(t, folder))
	connect := func(change func(*ledger.Profile), identity string) error {
		profile := profileOf("harbor", address)
		change(&profile)
		loaded, err := ledger.LoadProfile(writeProfile(t, folder, profile))
		if err != nil {
			t.Fatal(err)
		}
		c, err := ledger.Connect(context.Background(), loaded, identity)
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := connect(func(*ledger.Profile) {}, "machine"); err != nil {
		t.Fatal(err)
	}
	if err := connect(func(*ledger.Profile) {}, "nobody"); err == nil || !strings.Contains(err.Error(), "use one of machine") {
		t.Errorf("an unknown identity answers %v", err)
	}
	err := connect(func(p *ledger.Profile) { p.Peer.ServerName = "another.test" }, "machine")
	wantFault(t, err, fault.Unavailable)
	err = connect(func(p *ledger.Profile) { p.Peer.Endpoint = "127.0.0.1:1" }, "machine")
	wantFault(t, err, fault.Unavailable)
	if err := connect(func(p *ledger.Profile) { p.Peer.TLSCACertPath = "absent.pem" }, "machine"); err == nil {
		t.Error("a profile without a root connects")
	}
}

func TestAConsenterSaysHowFarItIs(t *testing.T) {
	s, c := connected(t)
	s.commit(configuration(), peer.TxValidationCode_VALID)
	height, err := c.ConsenterHeight(context.Background(), c.Profile().Peer)
	if err != nil || height != 2 {
		t.Errorf("got %d, %v", height, err)
	}
	s.mu.Lock()
	s.refuse = common.Status_FORBIDDEN
	s.mu.Unlock()
	if _, err := c.ConsenterHeight(context.Background(), c.Profile().Peer); err == nil || !strings.Contains(err.Error(), "FORBIDDEN") {
		t.Errorf("a refusal answers %v", err)
	}
}
