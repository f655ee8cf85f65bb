package network

import (
	"strings"
	"testing"
)

func TestDefaultConsortium(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if consortium.Channel != "lending" || consortium.Chaincode != "tallystick" {
		t.Errorf("channel %q, chaincode %q", consortium.Channel, consortium.Chaincode)
	}
	if _, err := consortium.Member("nobody"); err == nil {
		t.Error("a member that does not exist was found")
	}
	meridian, err := consortium.Member("meridian")
	if err != nil || meridian.Kind != Custodian {
		t.Errorf("meridian: %+v, %v", meridian, err)
	}
}

// Who founds is everybody's id, kind and MSP id, in whatever order the file names them.
func TestFoundersDigestFollowsTheMembers(t *testing.T) {
	digests := map[string]string{}
	for name, consortium := range consortia(t) {
		digest := consortium.FoundersDigest()
		if other, known := digests[digest]; known {
			t.Errorf("%s and %s have one digest", name, other)
		}
		digests[digest] = name
		last := len(consortium.Members) - 1
		consortium.Members[0], consortium.Members[last] = consortium.Members[last], consortium.Members[0]
		consortium.Members[0].Name = "Another name"
		if consortium.FoundersDigest() != digest {
			t.Errorf("%s: order or names for people change the digest", name)
		}
		consortium.Members[1].Kind = Regulator
		if consortium.FoundersDigest() == digest {
			t.Errorf("%s: a platform may be the regulator", name)
		}
	}
}

func TestCollectionsFollowTheMembers(t *testing.T) {
	want := map[string]string{
		"as compiled in":     "harbor-meridian lantern-meridian exposure",
		"a third platform":   "harbor-meridian lantern-meridian beacon-meridian exposure",
		"a second custodian": "harbor-meridian harbor-zenith lantern-meridian lantern-zenith exposure",
	}
	for name, consortium := range consortia(t) {
		if got := strings.Join(consortium.CollectionNames(), " "); got != want[name] {
			t.Errorf("%s: got %s, want %s", name, got, want[name])
		}
	}
}

// Every collection must survive the loss of a holder: at least one copy beside the endorser's, and
// no more copies asked for, nor made, than there are other holders.
func TestCollectionsCanBeKept(t *testing.T) {
	for name, consortium := range consortia(t) {
		for _, config := range consortium.CollectionPackage().GetConfig() {
			static := config.GetStaticCollectionConfig()
			holders := len(static.GetMemberOrgsPolicy().GetSignaturePolicy().GetIdentities())
			if static.GetRequiredPeerCount() < 1 || int(static.GetRequiredPeerCount()) > holders-1 {
				t.Errorf("%s: %s asks for %d copies among %d holders", name, static.GetName(), static.GetRequiredPeerCount(), holders)
			}
			if most := static.GetMaximumPeerCount(); most < static.GetRequiredPeerCount() || int(most) > holders-1 {
				t.Errorf("%s: %s copies to %d of %d other holders", name, static.GetName(), most, holders-1)
			}
			if !static.GetMemberOnlyRead() || !static.GetMemberOnlyWrite() || static.GetBlockToLive() != 0 {
				t.Errorf("%s: %s is open to others, or expires", name, static.GetName())
			}
		}
	}
}

func TestPlatformsNeverShareACollection(t *testing.T) {
	for name, consortium := range consortia(t) {
		for _, collection := range consortium.Collections() {
			platforms := 0
			for _, member := range collection.Members {
				if member.Kind == Platform {
					platforms++
				}
			}
			if platforms > 1 || collection.Name == ExposureCollection() && platforms > 0 {
				t.Errorf("%s: %d platforms hold %s", name, platforms, collection.Name)
			}
		}
	}
}

func TestFewConsentersAreWarnedOf(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if warnings := consortium.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "at least 7") {
		t.Errorf("four consenters: %q", warnings)
	}
	for _, id := range []string{"five", "six", "seven"} {
		consortium = grown(consortium, Member{ID: id, Name: id, Kind: Platform, MSPID: id + "MSP", Domain: id + ".test"})
	}
	if warnings := consortium.Warnings(); len(warnings) != 0 {
		t.Errorf("seven consenters: %q", warnings)
	}
}

func TestParseRefuses(t *testing.T) {
	whole := string(defaultConsortium)
	for name, test := range map[string]struct{ from, to, want string }{
		"an unknown field":     {"    domain: harbor", "    colour: red\n    domain: harbor", "colour"},
		"another version":      {"version: 1", "version: 2", "version 2"},
		"a repeated id":        {"id: lantern", "id: harbor", "id harbor"},
		"a repeated MSP id":    {"LanternMSP", "HarborMSP", "msp_id HarborMSP"},
		"a repeated domain":    {"lantern.tallystick", "harbor.tallystick", "domain harbor"},
		"an unknown kind":      {"kind: custodian", "kind: broker", `kind "broker"`},
		"no custodian":         {"kind: custodian", "kind: platform", "no member is a custodian"},
		"no regulator":         {"kind: regulator", "kind: custodian", "no member is a regulator"},
		"a collection's name":  {"id: harbor", "id: exposure", "name of a collection"},
		"an id with a hyphen":  {"id: harbor", "id: har-bor", "does not match"},
		"an upper-case id":     {"id: harbor", "id: Harbor", "does not match"},
		"no name":              {"name: Harbor", `name: ""`, "name is empty"},
		"an odd channel":       {"channel: lending", "channel: Lending!", "channel"},
		"an odd chaincode":     {"chaincode: tallystick", "chaincode: tally stick", "chaincode"},
		"an MSP id with space": {"HarborMSP", "Harbor MSP", "msp_id"},
		"what is not YAML":     {"members:", "members: [", "parse consortium"},
	} {
		text := strings.Replace(whole, test.from, test.to, 1)
		if text == whole {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
	without := whole[:strings.Index(whole, "  - id: authority")]
	if _, err := Parse([]byte(without)); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("three members: got %v", err)
	}
}
