package main

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/keys"
)

// person is a lender or a borrower, with the key that it alone has.
type person struct {
	handle   string
	key      *keys.Key
	mandate  string
	cash     money.Minor // of a lender: what is not yet promised
	identity party.Identity
}

// sm2Every is how often a person signs with SM2 rather than with ECDSA: both are verified on the ledger.
const sm2Every = 8

// newPerson makes a person of a platform. Its attestation holds for ten years.
func (s *stage) newPerson(platform actor, position int) (*person, error) {
	algorithm := party.P256
	if position%sm2Every == 0 {
		algorithm = party.SM2
	}
	key, err := keys.Generate(algorithm)
	if err != nil {
		return nil, err
	}
	p := &person{handle: handle(), key: key}
	p.identity = party.Identity{
		Handle: p.handle, Platform: platform.profile.Member, Custodian: s.cast.custodian.profile.Member,
		Kind: party.Natural, KYCLevel: 2, Expires: s.today.AddMonths(120), Key: key.PublicKey(),
	}
	return p, nil
}

func (s *stage) newPeople(platform actor, count int) ([]*person, error) {
	people := make([]*person, count)
	for i := range people {
		var err error
		if people[i], err = s.newPerson(platform, i); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// attest has the platform and then the custodian, which also vouches for a bank account, attest people.
func (s *stage) attest(platform actor, people []*person) error {
	byPlatform := make([]wire.Attestation, len(people))
	byCustodian := make([]wire.Attestation, len(people))
	for i, p := range people {
		byPlatform[i] = wire.Attestation{Identity: p.identity}
		byCustodian[i] = wire.Attestation{Identity: p.identity, AccountDigest: salt()}
	}
	collection := s.cast.pair(platform)
	if _, err := sendAll(s.ctx, platform.machine, batch[wire.Attestation]{"Party:Attest", collection, byPlatform, 200, 2}); err != nil {
		return err
	}
	_, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.Attestation]{"Party:Attest", collection, byCustodian, 200, 2})
	return err
}

// link tells the collection of exposures which person is behind each party.
func (s *stage) link(platform actor, people []*person) error {
	links := make([]wire.PartyLink, len(people))
	for i, p := range people {
		links[i] = wire.PartyLink{Handle: p.handle, Pseudonym: handle()}
	}
	_, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.PartyLink]{"Party:Link", s.cast.pair(platform), links, 200, 2})
	return err
}

// mandates registers each person's signed mandate and has the custodian confirm it.
func (s *stage) mandates(platform actor, people []*person, terms func(*person) mandate.Terms) error {
	registrations := make([]wire.MandateTerms, len(people))
	confirmations := make([]wire.MandateConfirmation, len(people))
	for i, p := range people {
		t := terms(p)
		p.mandate = handle()
		t.Handle, t.Party, t.Platform, t.Custodian = p.mandate, p.handle, p.identity.Platform, p.identity.Custodian
		t.Currency, t.Expires = money.CNY, p.identity.Expires
		signature, err := p.key.Sign(t.Statement())
		if err != nil {
			return err
		}
		registrations[i] = wire.MandateTerms{Terms: t, Signature: signature}
		confirmations[i] = wire.MandateConfirmation{Handle: p.mandate, Channel: "bank-app", SignedTerms: t.Commitment()}
	}
	collection := s.cast.pair(platform)
	if _, err := sendAll(s.ctx, platform.machine, batch[wire.MandateTerms]{"Mandate:Register", collection, registrations, 200, 2}); err != nil {
		return err
	}
	_, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.MandateConfirmation]{"Mandate:Confirm", collection, confirmations, 200, 2})
	return err
}

// investTerms lets a lender's cash be held for loans, at most half a loan of its own.
func investTerms(p *person) mandate.Terms {
	return mandate.Terms{
		Purpose: mandate.Invest, TotalMinor: p.cash, PerLoanMinor: p.cash,
		MaxInstalments: 60, MaxShareOfLoanPPM: 500_000,
	}
}

// debitTerms lets a borrower's account be debited for what it owes, up to two thousand yuan at a time.
func debitTerms(*person) mandate.Terms {
	return mandate.Terms{Purpose: mandate.Debit, PerCollectionMinor: 200_000}
}

// deposit brings the lenders' cash: the platform instructs, the custodian accepts and settles.
func (s *stage) deposit(platform actor, lenders []*person) error {
	instructions := make([]wire.Instruct, len(lenders))
	accepts := make([]wire.InstructionRef, len(lenders))
	settles := make([]wire.Settle, len(lenders))
	for i, p := range lenders {
		h := handle()
		instructions[i] = wire.Instruct{Handle: h, Kind: "deposit", Party: p.handle, AmountMinor: p.cash}
		accepts[i] = wire.InstructionRef{Instruction: h}
		settles[i] = wire.Settle{Instruction: h, AmountMinor: p.cash, BankReference: s.bankReference("D"), ValueDate: s.today}
	}
	collection, custodian := s.cast.pair(platform), s.cast.custodian.machine
	if _, err := sendAll(s.ctx, platform.machine, batch[wire.Instruct]{"Custody:Instruct", collection, instructions, 200, 2}); err != nil {
		return err
	}
	if _, err := sendAll(s.ctx, custodian, batch[wire.InstructionRef]{"Custody:Accept", collection, accepts, 200, 2}); err != nil {
		return err
	}
	_, err := sendAll(s.ctx, custodian, batch[wire.Settle]{"Custody:Settle", collection, settles, 100, 2})
	return err
}

// bankReference makes a reference as a bank would: unique in its accounts.
func (s *stage) bankReference(kind string) string {
	return fmt.Sprintf("%s-%s-%s-%07d", s.run[:8], kind, compact(s.today), s.references.Add(1))
}

func compact(d calendar.Date) string {
	y, m, day := d.Civil()
	return fmt.Sprintf("%04d%02d%02d", y, m, day)
}
