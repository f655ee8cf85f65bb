package network

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// minConsenters is the fewest that a Byzantine fault tolerant ordering service can run with: it
// outlives f faults among 3f+1.
const minConsenters = 4

// soundConsenters is the fewest with which two platforms together stay within the faults that the
// ordering service outlives (f = 2 among 7).
const soundConsenters = 7

var (
	idPattern      = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)
	mspPattern     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{1,60}$`)
	domainPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,200}[a-z0-9]$`)
	rootPattern    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	channelPattern = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,248}$`)
)

// Warnings are the ways in which a valid consortium is weaker than a real one should be.
func (c Consortium) Warnings() []string {
	var warnings []string
	if consenters := len(c.Members); consenters < soundConsenters {
		warnings = append(warnings, fmt.Sprintf(
			"%d consenters outlive %d faulty one(s): run at least %d for a real consortium",
			consenters, (consenters-1)/3, soundConsenters))
	}
	return warnings
}

func (c Consortium) validate() error {
	if c.Version != Version {
		return fmt.Errorf("version %d is not %d", c.Version, Version)
	}
	if !channelPattern.MatchString(c.Channel) {
		return fmt.Errorf("channel %q does not match %s", c.Channel, channelPattern)
	}
	if !idPattern.MatchString(c.Chaincode) {
		return fmt.Errorf("chaincode %q does not match %s", c.Chaincode, idPattern)
	}
	if len(c.Members) < minConsenters {
		return fmt.Errorf("%d members run too few consenters: at least %d are needed", len(c.Members), minConsenters)
	}
	if err := c.validateMembers(); err != nil {
		return err
	}
	for _, kind := range []Kind{Platform, Custodian, Regulator} {
		if len(c.OfKind(kind)) == 0 {
			return fmt.Errorf("no member is a %s", kind)
		}
	}
	return nil
}

func (c Consortium) validateMembers() error {
	seen := map[string]string{}
	for i, member := range c.Members {
		if err := member.validate(); err != nil {
			return fmt.Errorf("member %d: %w", i+1, err)
		}
		for _, name := range []string{"id " + member.ID, "msp_id " + member.MSPID, "domain " + member.Domain} {
			if other, taken := seen[name]; taken {
				return fmt.Errorf("%s is used by %s and by %s", name, other, member.Name)
			}
			seen[name] = member.Name
		}
	}
	return nil
}

// is reports whether two descriptions are the same member's.
func (m Member) is(other Member) bool {
	return m.ID == other.ID && m.Name == other.Name && m.Kind == other.Kind && m.MSPID == other.MSPID &&
		m.Domain == other.Domain && slices.Equal(m.Roots, other.Roots)
}

func (m Member) validate() error {
	if !idPattern.MatchString(m.ID) {
		return fmt.Errorf("id %q does not match %s", m.ID, idPattern)
	}
	if m.ID == exposureName {
		return fmt.Errorf("id %q is the name of a collection", m.ID)
	}
	if m.Name == "" {
		return errors.New("name is empty")
	}
	if !mspPattern.MatchString(m.MSPID) {
		return fmt.Errorf("msp_id %q does not match %s", m.MSPID, mspPattern)
	}
	if !domainPattern.MatchString(m.Domain) {
		return fmt.Errorf("domain %q does not match %s", m.Domain, domainPattern)
	}
	for _, root := range m.Roots {
		if !rootPattern.MatchString(root) {
			return fmt.Errorf("ca_roots: %q is no fingerprint: write the SHA-256 of the certificate's DER in lower-case hexadecimal", root)
		}
	}
	switch m.Kind {
	case Platform, Custodian, Regulator:
		return nil
	}
	return fmt.Errorf("kind %q is not %s, %s or %s", m.Kind, Platform, Custodian, Regulator)
}
