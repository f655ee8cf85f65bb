package serve

import (
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// erasureAuthorities are the members whose signatures let a record be purged, as the settings name their
// keys. With none of a kind every purge is refused, and says so.
func (f *foundations) erasureAuthorities() (person.Authorities, error) {
	all := person.Authorities{}
	for member, texts := range f.settings.ErasureAuthorities {
		field := "erasure_authorities." + member
		kind, known := f.kindOf(member)
		if !known || kind != party.Custodian && kind != party.Regulator {
			return nil, fmt.Errorf("%s: the profile names no custodian or regulator of this name: mend the name", field)
		}
		each := person.AuthorityKeys{Kind: kind}
		for i, text := range texts {
			key, err := keys.ParsePublicPEM(text)
			if err != nil {
				return nil, fmt.Errorf("%s[%d]: %w: put in what the member's app answers at /v1/erasure-authority", field, i, err)
			}
			each.Keys = append(each.Keys, key)
		}
		all[member] = each
	}
	return all, nil
}

func (f *foundations) kindOf(member string) (party.MemberKind, bool) {
	for _, each := range f.profile.Members {
		if each.ID == member {
			return each.Kind, true
		}
	}
	return "", false
}

// openAuthority opens a custodian's or a regulator's half of erasures. Its key is made at the first start.
func (f *foundations) openAuthority() error {
	if f.profile.Kind == party.Platform {
		return nil
	}
	signer, err := memberKey(f.settings.inData("erasure.key"))
	if err != nil {
		return err
	}
	f.authority, err = person.NewAuthoriser(f.profile.Kind, f.profile.Member, signer, f.books)
	return err
}
