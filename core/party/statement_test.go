package party_test

import (
	"encoding/json"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/party"
)

func TestStatementsAreGolden(t *testing.T) {
	key := party.Key{Algorithm: party.SM2, Public: "BA=="}
	for _, c := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{
			"escapes", party.NewStatement("tallystick/test/v1").Text("b", "\"\\\b\t\n\f\r\x01/é").Integer("a", -42).Bytes(),
			"tallystick/test/v1\n" + `{"a":"-42","b":"\"\\\b\t\n\f\r\u0001/é"}`,
		},
		{
			"rotation", party.RotationStatement("p-1", 2, key),
			"tallystick/key-rotation/v1\n" + `{"algorithm":"sm2","handle":"p-1","public":"BA==","sequence":"2"}`,
		},
		{
			"consent", party.ConsentStatement("p-1", 1, "credit_query", "ab", day("2016-12-31")),
			"tallystick/consent/v1\n" + `{"handle":"p-1","purpose":"credit_query","sequence":"1","text":"ab","until":"2016-12-31"}`,
		},
		{
			"withdrawal", party.WithdrawalStatement("p-1", 1),
			"tallystick/consent-withdrawal/v1\n" + `{"handle":"p-1","sequence":"1"}`,
		},
	} {
		if got := string(c.bytes); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// An independent implementation of RFC 8785 must write the same object.
func TestStatementsAreCanonicalJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "members")
		statement := party.NewStatement("d")
		for name, value := range members { // in whatever order the map has
			statement.Text(name, value)
		}
		plain, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(statement.Bytes()); got != "d\n"+string(want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
