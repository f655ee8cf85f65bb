package fakeledger_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func TestTheCreatorIsWhoProposed(t *testing.T) {
	c := newChannel(t)
	p := c.by(authority, meridian, authority)
	p.Creator = c.Enroll(authority, "auditor.7", map[string]string{"role": "auditor", "scope": "loans"})
	_, err := c.Submit(function(func(stub shim.ChaincodeStubInterface) error {
		client, err := cid.New(stub)
		if err != nil {
			return err
		}
		member, err := client.GetMSPID()
		if err != nil {
			return err
		}
		certificate, err := client.GetX509Certificate()
		if err != nil {
			return err
		}
		if member != authority || certificate.Subject.CommonName != "auditor.7" {
			return fmt.Errorf("the creator is %s of %s", certificate.Subject.CommonName, member)
		}
		for name, value := range map[string]string{"role": "auditor", "scope": "loans", "hf.Type": "client"} {
			if err := client.AssertAttributeValue(name, value); err != nil {
				return err
			}
		}
		return nil
	}), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Creator.Certificate.CheckSignatureFrom(p.Creator.Certificate); err == nil {
		t.Error("the certificate is its own issuer")
	}
}

func TestOneMemberAndRoleAreOneIdentity(t *testing.T) {
	c := newChannel(t)
	first, again := c.Identity(harbor, "operator"), c.Identity(harbor, "operator")
	if !bytes.Equal(first.Serialized(), again.Serialized()) {
		t.Error("the same words give two identities")
	}
	if bytes.Equal(first.Serialized(), c.Identity(harbor, "supervisor").Serialized()) {
		t.Error("two roles give one identity")
	}
	p := c.usual()
	p.Creator = c.Identity(meridian, "")
	_, err := c.Submit(function(func(stub shim.ChaincodeStubInterface) error {
		_, found, err := cid.GetAttributeValue(stub, "role")
		if found {
			return errors.New("a role was found")
		}
		return err
	}), p)
	if err != nil {
		t.Error(err)
	}
}

func TestWhatChaincodeSeesOfAProposal(t *testing.T) {
	c := newChannel(t)
	at := time.Date(2026, time.March, 1, 8, 30, 0, 5, time.UTC)
	p := c.usual()
	p.Function, p.Args, p.Timestamp = "Loan:Propose", []string{"a", "b"}, at
	p.Transient = map[string][]byte{"request": []byte("secret")}
	tx, err := c.Submit(function(func(stub shim.ChaincodeStubInterface) error {
		name, args := stub.GetFunctionAndParameters()
		slice, err := stub.GetArgsSlice()
		if err != nil {
			return err
		}
		stamp, err := stub.GetTxTimestamp()
		if err != nil {
			return err
		}
		transient, err := stub.GetTransient()
		if err != nil {
			return err
		}
		if name != "Loan:Propose" || len(args) != 2 || len(stub.GetArgs()) != 3 || string(slice) != "Loan:Proposeab" ||
			!stamp.AsTime().Equal(at) || string(transient["request"]) != "secret" ||
			stub.GetChannelID() != "lending" || len(stub.GetTxID()) != 64 || len(stub.GetDecorations()) != 0 {
			return fmt.Errorf("saw %q %q %q %s %q", name, args, slice, stamp.AsTime(), transient)
		}
		transient["request"][0] = 'X' // seen by no other peer
		return nil
	}), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Scan([]byte("secret"))) != 0 {
		t.Error("transient data is on the ledger")
	}
	if !tx.Timestamp.Equal(at) || strings.Join(tx.Arguments, " ") != "Loan:Propose a b" {
		t.Errorf("the transaction says %s %q", tx.Timestamp, tx.Arguments)
	}
}

func TestTheProposalIsSignedAndBound(t *testing.T) {
	c := newChannel(t)
	p := c.usual()
	_, err := c.Submit(function(func(stub shim.ChaincodeStubInterface) error {
		signed, err := stub.GetSignedProposal()
		if err != nil {
			return err
		}
		digest := sha256.Sum256(signed.GetProposalBytes())
		if !ecdsa.VerifyASN1(p.Creator.Certificate.PublicKey.(*ecdsa.PublicKey), digest[:], signed.GetSignature()) {
			return errors.New("the signature does not verify")
		}
		var proposal peer.Proposal
		var header common.Header
		var signature common.SignatureHeader
		var channel common.ChannelHeader
		for _, part := range []struct {
			bytes   func() []byte
			message proto.Message
		}{
			{signed.GetProposalBytes, &proposal},
			{proposal.GetHeader, &header},
			{header.GetSignatureHeader, &signature},
			{header.GetChannelHeader, &channel},
		} {
			if err := proto.Unmarshal(part.bytes(), part.message); err != nil {
				return err
			}
		}
		id := sha256.Sum256(append(bytes.Clone(signature.GetNonce()), signature.GetCreator()...))
		want := sha256.Sum256(append(append(bytes.Clone(signature.GetNonce()), signature.GetCreator()...), make([]byte, 8)...))
		binding, err := stub.GetBinding()
		if err != nil {
			return err
		}
		if fmt.Sprintf("%x", id) != channel.GetTxId() || channel.GetTxId() != stub.GetTxID() || !bytes.Equal(binding, want[:]) {
			return errors.New("id or binding do not follow from the header")
		}
		return nil
	}), p)
	if err != nil {
		t.Error(err)
	}
}

func TestTimesAndIDsOfProposalsThatBringNone(t *testing.T) {
	c := newChannel(t)
	first, second := c.endorse(write("a", "1")), c.endorse(write("a", "1"))
	if first.TxID == second.TxID || !second.Timestamp.After(first.Timestamp) {
		t.Errorf("%s at %s, then %s at %s", first.TxID, first.Timestamp, second.TxID, second.Timestamp)
	}
	p := c.usual()
	p.TxID = "my-own"
	tx, err := c.Submit(write("a", "1"), p)
	if err != nil || tx.TxID != "my-own" {
		t.Errorf("its own id became %v, %v", tx, err)
	}
}

func TestPeersThatDisagree(t *testing.T) {
	c := newChannel(t)
	calls := 0
	unequal := map[string]function{
		"payload": nil,
		"the event": func(stub shim.ChaincodeStubInterface) error {
			return stub.SetEvent("e", []byte{byte(calls)})
		},
		"write set": func(stub shim.ChaincodeStubInterface) error {
			return stub.PutState("a", []byte{byte(calls)})
		},
		"private": func(stub shim.ChaincodeStubInterface) error {
			return stub.PutPrivateData(pair, "a", []byte{byte(calls)})
		},
	}
	for name, f := range unequal {
		var cc shim.Chaincode = function(func(stub shim.ChaincodeStubInterface) error { calls++; return f(stub) })
		if f == nil {
			cc = answer(func() *peer.Response { calls++; return shim.Success([]byte{byte(calls)}) })
		}
		if _, err := c.Endorse(cc, c.usual()); !errors.Is(err, fakeledger.ErrMismatch) {
			t.Errorf("%s: answers %v, want a mismatch", name, err)
		}
	}
	message := answer(func() *peer.Response { calls++; return &peer.Response{Status: shim.OK, Message: fmt.Sprint(calls)} })
	if _, err := c.Endorse(message, c.usual()); !errors.Is(err, fakeledger.ErrMismatch) {
		t.Errorf("message: answers %v, want a mismatch", err)
	}
}

// answer is a chaincode that only answers.
type answer func() *peer.Response

func (a answer) Init(shim.ChaincodeStubInterface) *peer.Response   { return a() }
func (a answer) Invoke(shim.ChaincodeStubInterface) *peer.Response { return a() }

func TestRefusalsAreNotEndorsed(t *testing.T) {
	c := newChannel(t)
	for _, status := range []int32{199, 400, 404, 500} {
		_, err := c.Endorse(answer(func() *peer.Response { return &peer.Response{Status: status, Message: "no"} }), c.usual())
		var refusal *fakeledger.Refusal
		if !errors.As(err, &refusal) || refusal.Status != status || err.Error() != fmt.Sprintf("chaincode response %d, no", status) {
			t.Errorf("status %d answers %v", status, err)
		}
	}
	if _, err := c.Endorse(answer(func() *peer.Response { return nil }), c.usual()); err == nil {
		t.Error("no response was endorsed")
	}
	if _, err := c.Submit(answer(func() *peer.Response { return &peer.Response{Status: 399} }), c.usual()); err != nil {
		t.Errorf("status 399: %v", err)
	}
	if c.Height() != 1 {
		t.Error("a refusal reached the ledger")
	}
}

func TestProposalsThatNobodyTakes(t *testing.T) {
	c := newChannel(t)
	stranger := c.usual()
	stranger.Creator = c.Identity("NobodyMSP", "machine")
	for name, p := range map[string]fakeledger.Proposal{
		"no creator": {Endorsers: []string{harbor}}, "a stranger": stranger,
		"no endorser": c.by(harbor), "a strange endorser": c.by(harbor, "NobodyMSP"),
	} {
		if _, err := c.Submit(write("a", "1"), p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := c.Evaluate(write("a", "1"), stranger); err == nil {
		t.Error("a stranger evaluates")
	}
}

func TestOneEventATransactionTheLastOne(t *testing.T) {
	c := newChannel(t)
	tx := c.submit(func(stub shim.ChaincodeStubInterface) error {
		if err := stub.SetEvent("first", []byte("1")); err != nil {
			return err
		}
		if err := stub.SetEvent("", nil); err == nil {
			return errors.New("an event without a name was set")
		}
		return stub.SetEvent("second", []byte("2"))
	})
	if e := c.Blocks()[0].Entries[0].Event; e.GetEventName() != "second" || string(e.GetPayload()) != "2" ||
		e.GetTxId() != tx.TxID || e.GetChaincodeId() != "tallystick" {
		t.Errorf("the event is %v", e)
	}
}

func TestEvaluatingWritesNothing(t *testing.T) {
	c := newChannel(t)
	payload, err := c.Evaluate(write("a", "1"), c.by(lantern))
	if err != nil || string(payload) != "done" {
		t.Errorf("answers %q, %v", payload, err)
	}
	if c.Height() != 0 || c.State("a") != nil {
		t.Error("something was written")
	}
}

func TestAVerdictIsAnError(t *testing.T) {
	c := newChannel(t)
	tx, err := c.Submit(write("a", "1"), c.by(harbor, harbor, lantern))
	if got := verdictOf(t, err); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("verdict %d", got)
	}
	if tx == nil || !strings.Contains(err.Error(), tx.TxID) || !strings.Contains(err.Error(), "ENDORSEMENT_POLICY_FAILURE") {
		t.Errorf("says %v", err)
	}
	if c.State("a") != nil || c.Height() != 1 {
		t.Error("the block does not hold an invalid transaction without effect")
	}
	for verdict, code := range map[fakeledger.Verdict]int32{
		fakeledger.Valid: 0, fakeledger.DuplicateTxID: 9, fakeledger.EndorsementPolicyFailure: 10, fakeledger.MVCCReadConflict: 11, fakeledger.PhantomReadConflict: 12,
	} {
		if int32(verdict) != code {
			t.Errorf("%s is %d", verdict, verdict)
		}
	}
}
