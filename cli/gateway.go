package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// The ways in which a command can read. The ledger's blocks are replayed and trust nobody; the gateway app
// answers at once, and is the member's own word.
const (
	viaLedger  = "ledger"
	viaGateway = "gateway"
)

// machineIdentity is the one whose certificate a gateway app lets in.
const machineIdentity = "machine"

// choosesWay lets a command read through the gateway app.
func (s *session) choosesWay(command *cobra.Command) *cobra.Command {
	command.Flags().StringVar(&s.via, "via", viaLedger,
		"replay the ledger, or ask the member's gateway app, which is faster and has to be believed: "+viaLedger+", "+viaGateway)
	return command
}

// gateway is what a member's gateway app says.
type gateway struct {
	*client.Client
	profile ledger.Profile
}

// gateway reaches the gateway app of the profile's member, as whoever $TALLY_TOKEN is a token of, else with the
// certificate of the member's machine.
func (s *session) gateway() (gateway, error) {
	profile, err := s.profile()
	if err != nil {
		return gateway{}, err
	}
	at := profile.Gateway
	if at == nil {
		return gateway{}, fmt.Errorf("reach the gateway app of %s: the profile names none: read with --via %s", profile.Member, viaLedger)
	}
	settings := client.Settings{URL: at.URL, ServerName: at.ServerName, CAPath: at.TLSCACertPath, Token: os.Getenv(tokenVariable)}
	if settings.Token == "" {
		name := cmp.Or(s.identityName, machineIdentity)
		files, known := profile.Identities[name]
		if !known {
			return gateway{}, fmt.Errorf("reach the gateway app of %s: the profile has no identity %q: set %s to a token, or take the profile of the member's machine",
				profile.Member, name, tokenVariable)
		}
		settings.CertificatePath, settings.KeyPath = files.CertPath, files.KeyPath
	}
	app, err := client.New(settings)
	return gateway{app, profile}, err
}

// businessDate is the latest date that any custodian has opened.
func (g gateway) businessDate(ctx context.Context) (calendar.Date, error) {
	var latest calendar.Date
	for _, member := range g.profile.Members {
		if member.Kind != party.Custodian {
			continue
		}
		day, err := g.Day(ctx, member.ID)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return latest, fmt.Errorf("find the business date: %w", err)
		}
		latest = max(latest, day.State.Date)
	}
	return latest, nil
}

func viewOf(l client.Loan, on calendar.Date) loanView {
	view := loanView{Collection: l.Collection, On: on}
	view.Terms, view.Funding = l.Terms, l.Funding
	view.Record.Version, view.Record.Sequence, view.Record.State = wire.Version, l.Sequence, l.State
	return view
}

func (g gateway) loan(ctx context.Context, named string) (loanView, error) {
	on, err := g.businessDate(ctx)
	if err != nil {
		return loanView{}, err
	}
	found, err := g.Loan(ctx, named)
	if err != nil {
		return loanView{}, fmt.Errorf("find loan %s: %w", named, err)
	}
	return viewOf(found, on), nil
}

func (g gateway) loanRows(ctx context.Context, keep func(loanRow) bool) ([]loanRow, error) {
	on, err := g.businessDate(ctx)
	if err != nil {
		return nil, err
	}
	rows := []loanRow{}
	for found, err := range g.Loans(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("list loans: %w", err)
		}
		row, err := viewOf(found, on).row()
		if err != nil {
			return nil, err
		}
		if keep(row) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (g gateway) instructions(ctx context.Context, narrowed url.Values, keep func(custody.Instruction) bool) ([]custody.Instruction, error) {
	found := []custody.Instruction{}
	for i, err := range g.Instructions(ctx, narrowed) {
		if err != nil {
			return nil, fmt.Errorf("list instructions: %w", err)
		}
		if keep(i.State) {
			found = append(found, i.State)
		}
	}
	return found, nil
}

// party is without the history, which the gateway app's feed has and its record has not.
func (g gateway) party(ctx context.Context, named string) (partyView, error) {
	found, err := g.Party(ctx, named)
	if err != nil {
		return partyView{}, fmt.Errorf("find party %s: %w", named, err)
	}
	v := partyView{Collection: found.Collection}
	v.Record.Version, v.Record.Sequence, v.Record.State = wire.Version, found.Sequence, found.State
	cash, err := g.Account(ctx, named)
	switch {
	case err == nil:
		v.Account = &cash.State
	case !errors.Is(err, fault.New(fault.NotFound)):
		return partyView{}, fmt.Errorf("find the cash of party %s: %w", named, err)
	}
	return v, nil
}

// checkWay refuses a way that there is not.
func (s *session) checkWay() error {
	if ways := []string{viaLedger, viaGateway}; s.via != "" && !slices.Contains(ways, s.via) {
		return misused("--via %s is not known: use one of %s, %s", s.via, viaLedger, viaGateway)
	}
	return nil
}
