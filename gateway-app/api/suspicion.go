package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/report"
)

type exportInput struct {
	AlertPath
	ReportForm
}

// exportSuspicion writes the form for the authority. Its names come from the member's vault at the moment of asking and
// are kept nowhere; that they were shown is in the access log, under the parties and their records, before they are.
func (s *Server) exportSuspicion(ctx context.Context, in *exportInput) (*contentOutput, error) {
	found, err := s.parts.Alerts.Suspicion(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	about(ctx, found.ID, found.Alert)
	subjects, err := s.subjects(ctx, found.Dossier.Parties)
	if err != nil {
		return nil, err
	}
	words, err := s.ruleWords(ctx, found.Dossier.Alert)
	if err != nil {
		return nil, err
	}
	return s.answerReport(found.Document(money.CNY, s.parts.Member, words, subjects), in.ReportForm)
}

// ruleWords are what the pack under which an alert was raised calls its rule; none where the books do not have the pack.
func (s *Server) ruleWords(ctx context.Context, a alert.Alert) (report.Words, error) {
	if s.parts.Books == nil {
		return report.Words{}, nil
	}
	pack, err := s.parts.Books.Regime(ctx, a.Pack)
	if errors.Is(err, fault.New(fault.NotFound)) || err == nil && pack.State.Reporting == nil {
		return report.Words{}, nil
	}
	if err != nil {
		return report.Words{}, fmt.Errorf("read what rule %s is called: %w", a.Rule, err)
	}
	for _, r := range pack.State.Reporting.Alerts {
		if r.ID == a.Rule {
			return r.Words, nil
		}
	}
	return report.Words{}, nil
}

// subjects names the parties of a report: to an officer of compliance, who files it, in the clear, to anybody else as
// much as their role is shown of a record. Of whom the member has no record the handle is all.
func (s *Server) subjects(ctx context.Context, parties []string) ([]alert.Subject, error) {
	roles := viewerRoles(ctx)
	if slices.Contains(callerOf(ctx).Roles, access.Compliance) {
		roles = append(roles, masking.Filing)
	}
	var list []alert.Subject
	for _, handle := range parties {
		about(ctx, handle)
		one := alert.Subject{Party: handle}
		if s.parts.Customers != nil {
			if err := s.name(ctx, &one, roles); err != nil {
				return nil, err
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// name fills in what the member's record of a party says.
func (s *Server) name(ctx context.Context, one *alert.Subject, roles []string) error {
	record, err := s.parts.Customers.People.FindParty(ctx, one.Party)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return nil
	}
	if err != nil {
		return err
	}
	about(ctx, record.ID)
	if record, err = masking.Mask(record, roles...); err != nil {
		return err
	}
	f := record.Fields
	*one = alert.Subject{
		Party: one.Party, Kind: record.Kind, Name: f.Name, IdentityNumber: f.IdentityNumber, Phone: f.Phone,
		Address: f.Address, BankName: f.BankName, BankAccount: f.BankAccount,
	}
	return nil
}
