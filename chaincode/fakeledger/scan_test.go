package fakeledger_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"pgregory.net/rapid"
)

const sentinel = "sentinel-4711"

func TestScanFindsASentinelInEveryPublicPlace(t *testing.T) {
	bytes := []byte(sentinel)
	for place, s := range map[string]struct {
		cc  shim.Chaincode
		arg string
	}{
		"argument":          {write("a", "1"), "id=" + sentinel},
		"written key":       {write("k"+sentinel, "1"), ""},
		"written value":     {write("a", "v"+sentinel), ""},
		"read key":          {readThenWrite(sentinel, "a"), ""},
		"start of a range":  {function(func(s shim.ChaincodeStubInterface) error { _, err := s.GetStateByRange(sentinel, ""); return err }), ""},
		"end of a range":    {function(func(s shim.ChaincodeStubInterface) error { _, err := s.GetStateByRange("", sentinel); return err }), ""},
		"policy":            {function(func(s shim.ChaincodeStubInterface) error { return s.SetStateValidationParameter("a", bytes) }), ""},
		"key of a policy":   {function(func(s shim.ChaincodeStubInterface) error { return s.SetStateValidationParameter(sentinel, nil) }), ""},
		"event payload":     {function(func(s shim.ChaincodeStubInterface) error { return s.SetEvent("e", bytes) }), ""},
		"event name":        {function(func(s shim.ChaincodeStubInterface) error { return s.SetEvent(sentinel, nil) }), ""},
		"response payload":  {answer(func() *peer.Response { return shim.Success(bytes) }), ""},
		"response message":  {answer(func() *peer.Response { return &peer.Response{Status: shim.OK, Message: sentinel} }), ""},
		"in hexadecimal":    {write("a", strings.ToUpper(hex.EncodeToString(bytes))), ""},
		"in base64":         {write("a", `{"x":"`+base64.StdEncoding.EncodeToString([]byte("ab"+sentinel+"c"))+`"}`), ""},
		"transaction id":    {write("a", "1"), ""},
		"of an invalid one": {write("a", sentinel), ""},
	} {
		t.Run(place, func(t *testing.T) {
			c := newChannel(t)
			p := c.usual()
			p.Args = []string{s.arg}
			switch place {
			case "transaction id":
				p.TxID = sentinel
			case "of an invalid one":
				p.Endorsers = []string{harbor, lantern}
			}
			if _, err := c.Submit(s.cc, p); err != nil && place != "of an invalid one" {
				t.Fatal(err)
			}
			found := c.Scan(bytes)
			if len(found) != 1 || (place != "of an invalid one" && !strings.Contains(found[0], place)) {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestScanFindsNothingWhereThereIsNothing(t *testing.T) {
	c := newChannel(t)
	p := c.usual()
	p.Transient = map[string][]byte{sentinel: []byte(sentinel)}
	_, err := c.Submit(both(write("a", "1"), func(stub shim.ChaincodeStubInterface) error {
		return stub.PutPrivateData(pair, sentinel, []byte(sentinel))
	}), p)
	if err != nil {
		t.Fatal(err)
	}
	if found := c.Scan([]byte(sentinel)); len(found) != 0 {
		t.Errorf("found %q", found)
	}
	if found := c.Scan(nil); found != nil {
		t.Errorf("nothing was found %d times", len(found))
	}
}

// Base64 shifts a string by what stands before it; none of the shifts may hide it.
func TestScanSeesThroughBase64(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		needle := rapid.SliceOfN(rapid.Byte(), 6, 40).Draw(rt, "needle")
		before := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(rt, "before")
		after := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(rt, "after")
		encoding := rapid.SampledFrom([]*base64.Encoding{
			base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
		}).Draw(rt, "encoding")
		c := newChannel(t)
		c.submit(write("a", encoding.EncodeToString(append(append(before, needle...), after...))))
		if len(c.Scan(needle)) == 0 {
			rt.Fatalf("%x was not found", needle)
		}
	})
}
