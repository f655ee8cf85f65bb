package scenario

import (
	"context"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/keys"
)

// Person is a lender or a borrower, with the key that it alone has.
type Person struct {
	Handle  string
	Mandate string
	Cash    money.Minor // of a lender: what is not yet promised

	key      *keys.Key
	identity party.Identity
}

// sm2Every is how often a person signs with SM2 rather than with ECDSA: both are verified on the ledger.
const sm2Every = 8

// NewPeople makes people of a platform. Their attestations hold for ten years.
func (s *Scene) NewPeople(platform Actor, count int) ([]*Person, error) {
	people := make([]*Person, count)
	for i := range people {
		algorithm := party.P256
		if i%sm2Every == 0 {
			algorithm = party.SM2
		}
		key, err := keys.Generate(algorithm)
		if err != nil {
			return nil, err
		}
		p := &Person{Handle: Handle(), key: key}
		p.identity = party.Identity{
			Handle: p.Handle, Platform: platform.Profile.Member, Custodian: s.Cast.Custodian.Profile.Member,
			Kind: party.Natural, KYCLevel: 2, Expires: s.Today.AddMonths(120), Key: key.PublicKey(),
		}
		people[i] = p
	}
	return people, nil
}

// Attest has the platform and then the custodian, which also vouches for a bank account, attest people.
func (s *Scene) Attest(ctx context.Context, platform Actor, people []*Person) error {
	byPlatform := make([]wire.Attestation, len(people))
	byCustodian := make([]wire.Attestation, len(people))
	for i, p := range people {
		byPlatform[i] = wire.Attestation{Identity: p.identity}
		byCustodian[i] = wire.Attestation{Identity: p.identity, AccountDigest: Salt()}
	}
	collection := s.Cast.Pair(platform)
	if err := publish(ctx, s.Cast, platform.Machine, Batch[wire.Attestation]{
		Function: "Party:Attest", Collection: collection, Items: byPlatform, Size: 200, Lanes: 2,
	}); err != nil {
		return err
	}
	return publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.Attestation]{
		Function: "Party:Attest", Collection: collection, Items: byCustodian, Size: 200, Lanes: 2,
	})
}

// Link tells the collection of exposures which person is behind each party.
func (s *Scene) Link(ctx context.Context, platform Actor, people []*Person) error {
	links := make([]wire.PartyLink, len(people))
	for i, p := range people {
		links[i] = wire.PartyLink{Handle: p.Handle, Pseudonym: Handle()}
	}
	return publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.PartyLink]{
		Function: "Party:Link", Collection: s.Cast.Pair(platform), Items: links, Size: 200, Lanes: 2,
	})
}

// Authorise registers each person's signed mandate and has the custodian confirm it.
func (s *Scene) Authorise(ctx context.Context, platform Actor, people []*Person, terms func(*Person) mandate.Terms) error {
	registrations := make([]wire.MandateTerms, len(people))
	confirmations := make([]wire.MandateConfirmation, len(people))
	for i, p := range people {
		t := terms(p)
		p.Mandate = Handle()
		t.Handle, t.Party, t.Platform, t.Custodian = p.Mandate, p.Handle, p.identity.Platform, p.identity.Custodian
		t.Currency, t.Expires = money.CNY, p.identity.Expires
		signature, err := p.key.Sign(t.Statement())
		if err != nil {
			return err
		}
		registrations[i] = wire.MandateTerms{Terms: t, Signature: signature}
		confirmations[i] = wire.MandateConfirmation{Handle: p.Mandate, Channel: "bank-app", SignedTerms: t.Commitment()}
	}
	collection := s.Cast.Pair(platform)
	if err := publish(ctx, s.Cast, platform.Machine, Batch[wire.MandateTerms]{
		Function: "Mandate:Register", Collection: collection, Items: registrations, Size: 200, Lanes: 2,
	}); err != nil {
		return err
	}
	return publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.MandateConfirmation]{
		Function: "Mandate:Confirm", Collection: collection, Items: confirmations, Size: 200, Lanes: 2,
	})
}

// InvestTerms lets a lender's cash be held for loans, at most half a loan of its own.
func InvestTerms(p *Person) mandate.Terms {
	return mandate.Terms{
		Purpose: mandate.Invest, TotalMinor: p.Cash, PerLoanMinor: p.Cash,
		MaxInstalments: 60, MaxShareOfLoanPPM: 500_000,
	}
}

// DebitTerms lets a borrower's account be debited for what it owes, up to two thousand yuan at a time.
func DebitTerms(*Person) mandate.Terms {
	return mandate.Terms{Purpose: mandate.Debit, PerCollectionMinor: 200_000}
}

// Deposit brings the lenders' cash: the platform instructs, the custodian accepts and settles.
func (s *Scene) Deposit(ctx context.Context, platform Actor, lenders []*Person) error {
	instructions := make([]wire.Instruct, len(lenders))
	accepts := make([]wire.InstructionRef, len(lenders))
	settles := make([]wire.Settle, len(lenders))
	for i, p := range lenders {
		h := Handle()
		instructions[i] = wire.Instruct{Handle: h, Kind: custody.Deposit, Party: p.Handle, AmountMinor: p.Cash}
		accepts[i] = wire.InstructionRef{Instruction: h}
		settles[i] = wire.Settle{Instruction: h, AmountMinor: p.Cash, BankReference: s.BankReference("D"), ValueDate: s.Today}
	}
	collection, custodian := s.Cast.Pair(platform), s.Cast.Custodian.Machine
	if err := publish(ctx, s.Cast, platform.Machine, Batch[wire.Instruct]{
		Function: "Custody:Instruct", Collection: collection, Items: instructions, Size: 200, Lanes: 2,
	}); err != nil {
		return err
	}
	if err := publish(ctx, s.Cast, custodian, Batch[wire.InstructionRef]{
		Function: "Custody:Accept", Collection: collection, Items: accepts, Size: 200, Lanes: 2,
	}); err != nil {
		return err
	}
	return publish(ctx, s.Cast, custodian, Batch[wire.Settle]{
		Function: "Custody:Settle", Collection: collection, Items: settles, Size: 100, Lanes: 2,
	})
}
