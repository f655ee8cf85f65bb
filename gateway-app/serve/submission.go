package serve

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// openSubmissions opens what a platform states of itself, or what a regulator receives. A custodian has neither.
func (f *foundations) openSubmissions() error {
	settings := submission.Settings{Member: f.profile.Member, Pairs: f.pairs(), Logger: f.logger}
	switch f.profile.Kind {
	case party.Platform:
		regulator, err := f.uploads(party.Regulator)
		if err != nil {
			return err
		}
		remote := submission.Remote{Poster: regulator}
		f.submissions = &api.Submissions{Platform: submission.NewPlatform(f.db, f.books, f.notices, f.box, remote, settings)}
	case party.Regulator:
		f.submissions = &api.Submissions{Regulator: submission.NewRegulator(f.db, f.books, f.notices, settings)}
	}
	return nil
}

// uploads reaches the first gateway app of a kind of members for what may be long: whoever uploads says how long it may take.
func (f *foundations) uploads(kind party.MemberKind) (*pseudonym.Remote, error) {
	named := f.settings.gateways(kind)
	if len(named) == 0 {
		return nil, fmt.Errorf("gateways: the settings name no gateway app of a %s: add its member, url and root_path", kind)
	}
	first := named[0]
	caller, err := f.caller(first)
	if err != nil {
		return nil, fmt.Errorf("reach the gateway app of %s: %w", first.Member, err)
	}
	caller.Timeout = 0
	return pseudonym.NewRemote(first.URL, "", caller)
}

// submissionTasks publish, anchor and hand in, or judge what came before the books had come as far.
func (f *foundations) submissionTasks() []task {
	const handingIn, judging = "disclosures and submissions", "judging of submissions"
	switch {
	case f.submissions == nil:
		return nil
	case f.submissions.Platform != nil:
		return []task{f.alone(handingIn, func(ctx context.Context) error {
			return f.submissions.Platform.Run(ctx, f.reporting(handingIn))
		})}
	}
	return []task{f.alone(judging, func(ctx context.Context) error {
		return f.submissions.Regulator.Run(ctx, f.reporting(judging))
	})}
}

// submissionGauges show statements that nobody has answered.
func (f *foundations) submissionGauges() []api.Gauge {
	counted := func(name, help string, count func(context.Context) (int64, error)) api.Gauge {
		return api.Gauge{Name: name, Help: help, Value: func(ctx context.Context) (float64, error) {
			n, err := count(ctx)
			return float64(n), err
		}}
	}
	switch {
	case f.submissions == nil:
		return nil
	case f.submissions.Platform != nil:
		return []api.Gauge{
			counted("submissions_unanchored", "Digests of statements that are not on the ledger yet.", f.submissions.Platform.Unanchored),
			counted("submissions_unanswered", "Statements of which the regulator has said nothing yet.", f.submissions.Platform.Unanswered),
		}
	}
	return []api.Gauge{counted("submissions_unjudged", "Statements that wait for the read model.", f.submissions.Regulator.Unjudged)}
}
