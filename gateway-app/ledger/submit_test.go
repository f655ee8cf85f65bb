package ledger_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// request is a private command in Harbor's collection.
func request() wire.Request[string] {
	return wire.Request[string]{
		Version: wire.Version, ID: strings.Repeat("0", 32), Salt: strings.Repeat("1", 64),
		Collection: "harbor-meridian", Mode: wire.Each, Items: []string{"sentinel"},
	}
}

// refused is what a gateway answers when peers did not endorse. Each text is one organisation's.
func refused(code codes.Code, message string, said ...string) func(*gateway.EndorseRequest) error {
	return func(*gateway.EndorseRequest) error {
		s := status.New(code, message)
		for _, text := range said {
			org, text, _ := strings.Cut(text, ": ")
			detailed, err := s.WithDetails(&gateway.ErrorDetail{Address: org, MspId: org, Message: text})
			if err != nil {
				panic(err)
			}
			s = detailed
		}
		return s.Err()
	}
}

const (
	noEndorsement = "failed to collect enough transaction endorsements, see attached details for more info"
	capRefusal    = `chaincode response 500, {"code":"rate_above_cap","field":"items[0].rate_ppm","item":1}`
)

// wantFault fails unless err is a refusal with the code.
func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !errors.Is(err, fault.New(code)) {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func submit(t *testing.T, c *ledger.Client, function string, options ...ledger.SubmitOption) (ledger.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return c.Submit(ctx, function, request(), options...)
}

func TestACommandIsEndorsedOrderedAndCommitted(t *testing.T) {
	s, c := connected(t)
	result, err := submit(t, c, "Loan:Propose")
	if err != nil {
		t.Fatal(err)
	}
	if result.Answer.Applied != 2 || result.BlockNumber != 1 || !result.Code.Valid() || result.TxID != s.sent[0] {
		t.Errorf("got %+v, sent %v", result, s.sent)
	}
}

func TestAPrivateRequestIsNoArgument(t *testing.T) {
	s, c := connected(t)
	if _, err := submit(t, c, "Loan:Propose"); err != nil {
		t.Fatal(err)
	}
	spec, transient := openProposal(s.endorsed[0].GetProposedTransaction())
	if args := spec.GetChaincodeSpec().GetInput().GetArgs(); len(args) != 1 || string(args[0]) != "Loan:Propose" {
		t.Errorf("arguments are %q", args)
	}
	if !strings.Contains(string(transient[wire.TransientRequest]), "sentinel") {
		t.Errorf("transient data is %q", transient)
	}
	if strings.Contains(string(s.blocks[1].GetData().GetData()[0]), "sentinel") {
		t.Error("the block holds the private request")
	}
}

func TestAPublicRequestIsTheOneArgument(t *testing.T) {
	s, c := connected(t)
	if _, err := c.Submit(context.Background(), "Evidence:Append", []byte(`{"version":1}`)); err != nil {
		t.Fatal(err)
	}
	function, args := callOf(s.endorsed[0].GetProposedTransaction())
	if function != "Evidence:Append" || !reflect.DeepEqual(args, []string{`{"version":1}`}) {
		t.Errorf("called %s%q", function, args)
	}
	if orgs := s.endorsed[0].GetEndorsingOrganizations(); orgs != nil {
		t.Errorf("named %v, want the peer to choose", orgs)
	}
}

func TestEndorsersFollowFromTheCollection(t *testing.T) {
	cases := []struct {
		function, collection string
		want                 []string
		options              []ledger.SubmitOption
	}{
		{"Loan:Propose", "harbor-meridian", []string{"MeridianMSP", "HarborMSP"}, nil},
		{"Repayment:Post", "lantern-meridian", []string{"MeridianMSP", "LanternMSP"}, nil},
		{"Loan:Clear", "harbor-meridian", []string{"MeridianMSP", "AuthorityMSP"}, nil},
		{"Loan:Relieve", "harbor-meridian", []string{"MeridianMSP", "AuthorityMSP"}, nil},
		{"Party:Link", "harbor-meridian", []string{"MeridianMSP", "AuthorityMSP"}, nil},
		{"Party:Link", "exposure", []string{"MeridianMSP", "AuthorityMSP"}, nil},
		{"Loan:Propose", "harbor-meridian", []string{"LanternMSP"}, []ledger.SubmitOption{ledger.EndorsedBy("LanternMSP")}},
	}
	s, c := connected(t)
	for _, one := range cases {
		body := request()
		body.Collection = one.collection
		if _, err := c.Submit(context.Background(), one.function, body, one.options...); err != nil {
			t.Fatal(err)
		}
		if got := s.endorsed[len(s.endorsed)-1].GetEndorsingOrganizations(); !reflect.DeepEqual(got, one.want) {
			t.Errorf("%s in %s: endorsed by %v, want %v", one.function, one.collection, got, one.want)
		}
	}
}

func TestWhatCannotBeProposedIsRefusedHere(t *testing.T) {
	s, c := connected(t)
	_, err := c.Submit(context.Background(), "Loan:propose", request())
	wantFault(t, err, fault.UnknownFunction)
	_, err = c.Submit(context.Background(), "Loan:Propose", []byte(`{"items":[]}`))
	wantFault(t, err, fault.MissingField)
	_, err = c.Submit(context.Background(), "Loan:Propose", []byte(`{"collection":"elsewhere"}`))
	wantFault(t, err, fault.InvalidField)
	_, err = c.Submit(context.Background(), "Loan:Propose", []byte(`[1]`))
	wantFault(t, err, fault.MalformedRequest)
	if len(s.endorsed) > 0 {
		t.Errorf("%d proposals were made", len(s.endorsed))
	}
}

func TestAContractsRefusalComesBackAsItIs(t *testing.T) {
	s, c := connected(t)
	s.onEndorse = []func(*gateway.EndorseRequest) error{
		refused(codes.Aborted, noEndorsement, "MeridianMSP: "+capRefusal, "HarborMSP: "+capRefusal),
	}
	_, err := submit(t, c, "Loan:Propose")
	wantFault(t, err, fault.RateAboveCap)
	if f := fault.Of(err); f.Item != 1 || f.Field != "items[0].rate_ppm" {
		t.Errorf("got %+v", f)
	}
	if len(s.endorsed) != 1 || len(s.sent) != 0 {
		t.Errorf("proposed %d times, sent %d", len(s.endorsed), len(s.sent))
	}
}

func TestAConflictIsProposedAnew(t *testing.T) {
	for _, code := range []peer.TxValidationCode{peer.TxValidationCode_MVCC_READ_CONFLICT, peer.TxValidationCode_PHANTOM_READ_CONFLICT} {
		s, c := connected(t)
		s.code = []peer.TxValidationCode{code, code}
		result, err := submit(t, c, "Repayment:Post")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.sent) != 3 || s.sent[0] == s.sent[1] || result.TxID != s.sent[2] {
			t.Errorf("%s: sent %v, result of %s", code, s.sent, result.TxID)
		}
	}
}

func TestConflictsEndSometime(t *testing.T) {
	s, c := connected(t)
	for range 5 {
		s.code = append(s.code, peer.TxValidationCode_MVCC_READ_CONFLICT)
	}
	_, err := submit(t, c, "Repayment:Post", ledger.Attempts(2))
	wantFault(t, err, fault.Conflict)
	if len(s.sent) != 2 {
		t.Errorf("sent %d times, want 2", len(s.sent))
	}
}

func TestABusyPeerIsAskedAgain(t *testing.T) {
	s, c := connected(t)
	busy := func() error {
		return status.Error(codes.Unknown, "too many requests for /gateway.Gateway, exceeding concurrency limit (500)")
	}
	s.onEndorse = []func(*gateway.EndorseRequest) error{func(*gateway.EndorseRequest) error { return busy() }}
	if _, err := submit(t, c, "Loan:Propose"); err != nil {
		t.Fatal(err)
	}
	s.onEvaluate = []func() error{busy}
	if _, err := c.Evaluate(context.Background(), "Loan:Read", request()); err != nil {
		t.Fatal(err)
	}
}

func TestAnUnconfirmedEnvelopeIsSentAgainUnchanged(t *testing.T) {
	s, c := connected(t)
	s.onSubmit = []func(*standIn, *common.Envelope) error{
		func(*standIn, *common.Envelope) error { return status.Error(codes.Unavailable, "no quorum") },
	}
	if _, err := submit(t, c, "Loan:Propose"); err != nil {
		t.Fatal(err)
	}
	if len(s.sent) != 2 || s.sent[0] != s.sent[1] || len(s.endorsed) != 1 {
		t.Errorf("sent %v, proposed %d times", s.sent, len(s.endorsed))
	}
}

func TestAnOrderedTransactionWhoseAnswerWasLostIsFound(t *testing.T) {
	s, c := connected(t)
	lost := func(s *standIn, envelope *common.Envelope) error {
		s.order(envelope)
		return status.Error(codes.DeadlineExceeded, "the answer was lost")
	}
	s.onSubmit = []func(*standIn, *common.Envelope) error{lost}
	s.code = []peer.TxValidationCode{peer.TxValidationCode_VALID, peer.TxValidationCode_DUPLICATE_TXID}
	result, err := submit(t, c, "Loan:Propose")
	if err != nil {
		t.Fatal(err)
	}
	if result.BlockNumber != 1 || len(s.endorsed) != 1 {
		t.Errorf("got %+v, proposed %d times", result, len(s.endorsed))
	}
}

func TestAnEnvelopeThatAConsenterHasAlreadyIsAwaited(t *testing.T) {
	for _, said := range []string{"request already processed", "request already exists"} {
		s, c := connected(t)
		taken := func(s *standIn, envelope *common.Envelope) error {
			time.AfterFunc(20*time.Millisecond, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.order(envelope)
			})
			failure, err := status.New(codes.Unavailable, "insufficient number of orderers").
				WithDetails(&gateway.ErrorDetail{MspId: "AuthorityMSP", Message: "failed to submit request: " + said})
			if err != nil {
				return err
			}
			return failure.Err()
		}
		s.onSubmit = []func(*standIn, *common.Envelope) error{taken}
		result, err := submit(t, c, "Loan:Propose")
		if err != nil {
			t.Fatal(err)
		}
		if result.BlockNumber != 1 || len(s.sent) != 1 {
			t.Errorf("got %+v, sent %d times", result, len(s.sent))
		}
	}
}

func TestAnOutcomeThatNobodyKnowsIsSaidSo(t *testing.T) {
	s, c := connected(t)
	for range 5 {
		s.onSubmit = append(s.onSubmit, func(*standIn, *common.Envelope) error { return status.Error(codes.Unavailable, "no quorum") })
	}
	_, err := submit(t, c, "Loan:Propose")
	wantFault(t, err, fault.OutcomeUnknown)
	var failure *ledger.Failure
	if !errors.As(err, &failure) || failure.TxID != s.sent[0] {
		t.Errorf("%v does not name the transaction %s", err, s.sent[0])
	}
}

func TestAStoredEnvelopeIsTheSameTransaction(t *testing.T) {
	s, c := connected(t)
	envelope, err := c.Prepare(context.Background(), "Loan:Propose", request())
	if err != nil {
		t.Fatal(err)
	}
	stored, err := envelope.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is on the ledger, and is not sent
		restored, err := c.Restore(stored)
		if err != nil {
			t.Fatal(err)
		}
		pending, err := c.Send(context.Background(), restored)
		if err != nil {
			t.Fatal(err)
		}
		result, err := pending.Wait(context.Background())
		if err != nil || result.TxID != envelope.TxID() || result.BlockNumber != 1 {
			t.Fatalf("got %+v, %v", result, err)
		}
	}
	if len(s.sent) != 1 {
		t.Errorf("sent %d times, want once", len(s.sent))
	}
	if _, err := c.Restore([]byte("no envelope")); err == nil {
		t.Error("a broken envelope was restored")
	}
}

func TestOneStreamResolvesEveryCommit(t *testing.T) {
	s, c := connected(t)
	s.breakAt[5], s.breakAt[20] = true, true
	var submissions []*ledger.Submission
	for range 40 {
		submissions = append(submissions, c.SubmitAsync(context.Background(), "Loan:Propose", request()))
	}
	blocks := map[uint64]bool{}
	for _, submission := range submissions {
		result, err := submission.Wait()
		if err != nil {
			t.Fatal(err)
		}
		blocks[result.BlockNumber] = true
	}
	if len(blocks) != 40 {
		t.Errorf("40 transactions in %d blocks", len(blocks))
	}
	if s.streams != 3 {
		t.Errorf("%d streams, want one and two reconnections", s.streams)
	}
}

func TestReachWaitsForABlock(t *testing.T) {
	s, c := connected(t)
	reached := make(chan error, 1)
	go func() { reached <- c.Reach(context.Background(), 1) }()
	select {
	case <-reached:
		t.Fatal("reached a block that is not there")
	case <-time.After(50 * time.Millisecond):
	}
	s.commit(configuration(), peer.TxValidationCode_VALID)
	if err := <-reached; err != nil {
		t.Fatal(err)
	}
}

func TestAWaitThatEndsEarlyLeavesTheOutcomeUnknown(t *testing.T) {
	s, c := connected(t, ledger.WithCommitPatience(20*time.Millisecond))
	s.onSubmit = []func(*standIn, *common.Envelope) error{func(s *standIn, _ *common.Envelope) error { return nil }}
	envelope, err := c.Prepare(context.Background(), "Loan:Propose", request())
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.refuse = common.Status_FORBIDDEN // no stream will tell
	s.mu.Unlock()
	pending, err := c.Send(context.Background(), envelope)
	if err != nil {
		t.Fatal(err)
	}
	result, err := pending.Wait(context.Background())
	if err != nil || result.BlockNumber != 1 {
		t.Fatalf("the peer's index was not asked: %+v, %v", result, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = pending.Wait(ctx)
	wantFault(t, err, fault.OutcomeUnknown)
}

func TestEvaluateAnswersAndRefuses(t *testing.T) {
	s, c := connected(t)
	answer, err := ledger.Read[wire.Answer](context.Background(), c, "Loan:Read", request())
	if err != nil || answer.Applied != 2 {
		t.Fatalf("got %+v, %v", answer, err)
	}
	s.onEvaluate = []func() error{func() error {
		return status.Error(codes.Unknown, `evaluate call to endorser returned error: chaincode response 500, {"code":"not_found","item":1}`)
	}}
	_, err = c.Evaluate(context.Background(), "Loan:Read", request())
	wantFault(t, err, fault.NotFound)
	_, err = c.Evaluate(context.Background(), "Loan:Rid", request())
	wantFault(t, err, fault.UnknownFunction)
}

func TestAReadIsNeverSubmittedAndACommandNeverEvaluated(t *testing.T) {
	_, c := connected(t)
	_, err := c.Submit(context.Background(), "Loan:Read", request())
	wantFault(t, err, fault.UnknownFunction)
	_, err = c.Evaluate(context.Background(), "Loan:Propose", request())
	wantFault(t, err, fault.UnknownFunction)
}

func TestOutcomeOfAnUnknownTransactionIsNotFound(t *testing.T) {
	_, c := connected(t)
	_, err := c.Outcome(context.Background(), "0000")
	wantFault(t, err, fault.NotFound)
}
