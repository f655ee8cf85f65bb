package network

// EndorsementPolicy is the chaincode's own: the peers of any two members of which one is a
// custodian or the regulator. Two platforms alone write nothing.
func (c Consortium) EndorsementPolicy() Policy {
	return peersOf(c.pairs(func(one, other Member) bool {
		return one.Kind != Platform || other.Kind != Platform
	}))
}

// RootKeyPolicy guards the keys that say who is a member and which rules apply, and what they list: the
// regulator's peer and that of any one other member.
func (c Consortium) RootKeyPolicy() Policy {
	return peersOf(c.pairs(func(one, other Member) bool {
		return one.Kind == Regulator || other.Kind == Regulator
	}))
}

// DayKeyPolicy guards a custodian's business day: the custodian's own peer and that of any one other member.
func (c Consortium) DayKeyPolicy(custodian Member) Policy {
	return peersOf(c.pairs(func(one, other Member) bool {
		return one.ID == custodian.ID || other.ID == custodian.ID
	}))
}

// LifecyclePolicy decides which chaincode runs: the peers of a regulator, a custodian and a
// platform.
func (c Consortium) LifecyclePolicy() Policy {
	return peersOf(c.onesOfEachKind())
}

// AdminPolicy decides how the channel is configured: administrators of a regulator, a custodian
// and a platform. A member's own section of the configuration stays its own administrator's.
func (c Consortium) AdminPolicy() Policy {
	return adminsOf(c.onesOfEachKind())
}

// pairs enumerates the unordered pairs of different members that the condition accepts.
func (c Consortium) pairs(accept func(one, other Member) bool) [][]string {
	var groups [][]string
	for i, one := range c.Members {
		for _, other := range c.Members[i+1:] {
			if accept(one, other) {
				groups = append(groups, []string{one.MSPID, other.MSPID})
			}
		}
	}
	return groups
}

func (c Consortium) onesOfEachKind() [][]string {
	var groups [][]string
	for _, regulator := range c.OfKind(Regulator) {
		for _, custodian := range c.OfKind(Custodian) {
			for _, platform := range c.OfKind(Platform) {
				groups = append(groups, []string{regulator.MSPID, custodian.MSPID, platform.MSPID})
			}
		}
	}
	return groups
}
