package ledger_test

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

const (
	silentPeer    = "HarborMSP: rpc error: code = Unavailable desc = connection error: connection refused"
	deadChaincode = "HarborMSP: error in simulation: failed to execute transaction 1: could not launch chaincode tallystick:1: " +
		"connection to tallystick:1 failed"
	duplicateRefusal = `chaincode response 500, {"code":"duplicate_bank_reference"}`
)

// The sets of endorsers of a command in Harbor's collection, in the order in which they are asked.
var (
	withPlatform  = []string{"MeridianMSP", "HarborMSP"}
	withRegulator = []string{"MeridianMSP", "AuthorityMSP"}
)

func wantAsked(t *testing.T, s *standIn, want ...[]string) {
	t.Helper()
	if got := s.asked(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestADeadPlatformsPartIsTakenByTheRegulator(t *testing.T) {
	for name, silence := range map[string]func(*gateway.EndorseRequest) error{
		"its peer does not answer": refused(codes.Aborted, noEndorsement, silentPeer),
		"its chaincode is dead":    refused(codes.Aborted, noEndorsement, deadChaincode),
		"its peer hangs":           refused(codes.DeadlineExceeded, "endorsement timeout expired while collecting endorsements"),
		"nobody knows its peer":    refused(codes.Unavailable, "failed to find any endorsing peers for org(s): HarborMSP"),
	} {
		t.Run(name, func(t *testing.T) {
			s, c := connected(t)
			s.onEndorse = []func(*gateway.EndorseRequest) error{silence}
			for range 2 {
				if _, err := submit(t, c, "Repayment:Post"); err != nil {
					t.Fatal(err)
				}
			}
			wantAsked(t, s, withPlatform, withRegulator, withRegulator)
		})
	}
}

func TestEndorsersWhoDisagreeAreAskedAgain(t *testing.T) {
	s, c := connected(t)
	s.onEndorse = []func(*gateway.EndorseRequest) error{
		refused(codes.Aborted, noEndorsement, `MeridianMSP: chaincode response 500, {"code":"not_found"}`),
		refused(codes.Aborted, noEndorsement, "HarborMSP: ProposalResponsePayloads do not match"),
	}
	if _, err := submit(t, c, "Loan:Fund"); err != nil {
		t.Fatal(err)
	}
	if len(s.endorsed) != 3 {
		t.Errorf("proposed %d times, want 3", len(s.endorsed))
	}
}

// Whatever one platform's peer says, it says it alone: the regulator is asked in its place, at once.
func TestAPlatformThatFailsAloneStopsNothing(t *testing.T) {
	for name, said := range map[string]string{
		"it refuses":                       `HarborMSP: chaincode response 500, {"code":"loan_frozen"}`,
		"it calls the receipt booked":      "HarborMSP: " + duplicateRefusal,
		"it does so and seems to be away":  `HarborMSP: {"code":"duplicate_bank_reference"} code = Unavailable`,
		"it says what nobody has listed":   "HarborMSP: no",
		"it says nothing":                  "HarborMSP: ",
		"it claims to be busy":             "HarborMSP: too many requests for /protos.Endorser, exceeding concurrency limit (1)",
		"it claims not to know the caller": "HarborMSP: access denied: creator org unknown",
	} {
		t.Run(name, func(t *testing.T) {
			s, c := connected(t, ledger.WithAttempts(1))
			s.onEndorse = []func(*gateway.EndorseRequest) error{refused(codes.Aborted, noEndorsement, said)}
			if _, err := submit(t, c, "Repayment:Post"); err != nil {
				t.Fatal(err)
			}
			wantAsked(t, s, withPlatform, withRegulator)
		})
	}
}

// A refusal counts when all who were asked give it: one that some give is never handed on as the
// contract's, because the bank's program drops what it is told is booked.
func TestARefusalOfSomeIsNobodysRefusal(t *testing.T) {
	for name, said := range map[string][]string{
		"the platform alone":                {"HarborMSP: " + duplicateRefusal},
		"the platform, and it seems away":   {`HarborMSP: {"code":"duplicate_bank_reference"} code = Unavailable`},
		"the platform, the other is away":   {"HarborMSP: " + duplicateRefusal, "MeridianMSP: code = Unavailable"},
		"the platform, the other disagrees": {"HarborMSP: " + duplicateRefusal, `MeridianMSP: {"code":"day_not_open"}`},
		"two peers of the platform":         {"HarborMSP: " + duplicateRefusal, "HarborMSP: " + duplicateRefusal},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := connected(t, ledger.WithAttempts(3))
			for range 3 {
				s.onEndorse = append(s.onEndorse,
					refused(codes.Aborted, noEndorsement, said...),
					refused(codes.Aborted, noEndorsement, "AuthorityMSP: code = Unavailable"))
			}
			_, err := submit(t, c, "Repayment:Post")
			wantFault(t, err, fault.EndorsementRefused)
			if f := fault.Of(err); !f.Code.Retry() || !strings.Contains(err.Error(), "duplicate_bank_reference") {
				t.Errorf("%v neither asks to try again nor says what was said", err)
			}
			if len(s.endorsed) != 3*2 || len(s.sent) != 0 {
				t.Errorf("proposed %d times, sent %d", len(s.endorsed), len(s.sent))
			}
		})
	}
}

func TestTheContractsRefusalIsHeardBesideAHostilePlatform(t *testing.T) {
	s, c := connected(t, ledger.WithAttempts(1))
	s.onEndorse = []func(*gateway.EndorseRequest) error{
		refused(codes.Aborted, noEndorsement, "HarborMSP: "+duplicateRefusal, "MeridianMSP: "+capRefusal),
		refused(codes.Aborted, noEndorsement, "AuthorityMSP: "+capRefusal, "MeridianMSP: "+capRefusal),
	}
	_, err := submit(t, c, "Loan:Propose")
	wantFault(t, err, fault.RateAboveCap)
}

// A public command's endorsers are the peer's choice. What its own member's peer refuses is refused;
// what only another refuses is asked of custodian and regulator.
func TestAPublicCommandIsStoppedByNoOther(t *testing.T) {
	s, c := connected(t, ledger.WithAttempts(1))
	s.onEndorse = []func(*gateway.EndorseRequest) error{refused(codes.Aborted, noEndorsement, "LanternMSP: "+capRefusal)}
	if _, err := c.Submit(context.Background(), "Evidence:Append", []byte(`{"version":1}`)); err != nil {
		t.Fatal(err)
	}
	wantAsked(t, s, nil, withRegulator)
	s.onEndorse = []func(*gateway.EndorseRequest) error{refused(codes.Aborted, noEndorsement, "HarborMSP: "+capRefusal)}
	_, err := c.Submit(context.Background(), "Evidence:Append", []byte(`{"version":1}`))
	wantFault(t, err, fault.RateAboveCap)
}

// A signature that does not verify shows only when the transaction is invalid. Nothing was written, so
// it is proposed to those who are left, and the one who signed so is asked last from then on.
func TestAJunkSignatureStopsNothing(t *testing.T) {
	var log bytes.Buffer
	s, c := connected(t, ledger.WithAttempts(1), ledger.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	s.code = []peer.TxValidationCode{peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE}
	for range 2 {
		if result, err := submit(t, c, "Repayment:Post"); err != nil || !result.Code.Valid() {
			t.Fatalf("got %+v, %v", result, err)
		}
	}
	wantAsked(t, s, withPlatform, withRegulator, withRegulator)
	if s.sent[0] == s.sent[1] {
		t.Error("the invalid transaction was sent again")
	}
	for _, said := range []string{"level=ERROR", s.sent[0], "HarborMSP"} {
		if !strings.Contains(log.String(), said) {
			t.Errorf("the log does not say %q: %s", said, log.String())
		}
	}
}

// The same of a public command, whose endorsers were the peer's choice: while a platform is suspected,
// the choice is not left to the peer.
func TestAJunkSignatureStopsNoPublicCommand(t *testing.T) {
	s, c := connectedAs(t, "meridian", ledger.WithAttempts(1), ledger.WithLogger(slog.New(slog.DiscardHandler)))
	s.chosen = []string{"MeridianMSP", "LanternMSP"}
	s.code = []peer.TxValidationCode{peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE}
	for range 2 {
		if _, err := c.Submit(context.Background(), "Evidence:Append", []byte(`{"version":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	wantAsked(t, s, nil, withRegulator, withRegulator)
}

// A program that keeps envelopes itself proposes anew through Prepare: it too finds others asked first.
func TestAJunkSignatureIsRememberedForPrepare(t *testing.T) {
	s, c := connected(t, ledger.WithLogger(slog.New(slog.DiscardHandler)))
	s.code = []peer.TxValidationCode{peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE}
	for _, want := range []fault.Code{fault.PolicyNotMet, ""} {
		envelope, err := c.Prepare(context.Background(), "Repayment:Post", request())
		if err != nil {
			t.Fatal(err)
		}
		pending, err := c.Send(context.Background(), envelope)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = pending.Wait(context.Background()); want != "" {
			wantFault(t, err, want)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	wantAsked(t, s, withPlatform, withRegulator)
}

func TestAnUnmetPolicyOfAllIsTheAnswer(t *testing.T) {
	for _, one := range []struct {
		options []ledger.SubmitOption
		asked   [][]string
	}{
		{nil, [][]string{withPlatform, withRegulator}},
		{[]ledger.SubmitOption{ledger.EndorsedBy("HarborMSP")}, [][]string{{"HarborMSP"}}},
	} {
		s, c := connected(t, ledger.WithLogger(slog.New(slog.DiscardHandler)))
		for range 4 {
			s.code = append(s.code, peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
		}
		result, err := submit(t, c, "Loan:Propose", one.options...)
		wantFault(t, err, fault.PolicyNotMet)
		wantAsked(t, s, one.asked...)
		if len(s.sent) != len(one.asked) || result.Code.String() != "ENDORSEMENT_POLICY_FAILURE" {
			t.Errorf("sent %d times; %+v", len(s.sent), result)
		}
	}
}
