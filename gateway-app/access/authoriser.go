package access

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

//go:embed policies/*.cedar
var embedded embed.FS

// Resource is what an operation is about, as far as its policies care.
type Resource struct {
	Type       string   // the noun, such as "loan"
	ID         string   // its handle
	Parties    []string // whose it is; nil while that is not known, or a list that the caller narrows
	Approved   bool     // a second user has approved this very command
	Alone      bool     // nobody else could approve: true only until the second administrator exists
	Privileged bool     // it gives, or takes, the rights of staff
	Customer   bool     // it gives somebody a way in to what is a customer's already
}

// Decision is what the policies say.
type Decision struct {
	Allowed  bool
	Policy   string   // the policy that decided; "default" where none permits
	Reasons  []string // every policy that took part
	Approval bool     // refused only because a second user must approve first
}

// DefaultPolicy is the name under which what no policy permits is refused.
const DefaultPolicy = "default"

// Authoriser decides by the policies it was loaded with. It is safe for concurrent use and keeps nothing
// of what it was asked.
type Authoriser struct {
	policies *cedar.PolicySet
	actions  cedar.EntityMap
}

// NewAuthoriser reads the policies: those of the folder, or the built-in ones where none is named. A
// policy must have an @id, an operation that it names must exist; otherwise it is refused as a whole,
// because a policy with a slip of the pen permits or forbids something else than it says.
func NewAuthoriser(folder string) (*Authoriser, error) {
	files, err := fs.Sub(embedded, "policies")
	if err != nil {
		return nil, fmt.Errorf("load access policies: %w", err)
	}
	if folder != "" {
		files = os.DirFS(folder)
	}
	policies, err := readPolicies(files)
	if err != nil {
		return nil, fmt.Errorf("load access policies from %q: %w: mend the file, or leave the setting out to use the built-in policies", folder, err)
	}
	return &Authoriser{policies: policies, actions: actionEntities()}, nil
}

func readPolicies(files fs.FS) (*cedar.PolicySet, error) {
	names, err := fs.Glob(files, "*.cedar")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("the folder holds no *.cedar file")
	}
	set := cedar.NewPolicySet()
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		list, err := cedar.NewPolicyListFromBytes(path.Base(name), text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := checkNames(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, policy := range list {
			id := string(policy.Annotations()["id"])
			if id == "" {
				return nil, fmt.Errorf("%s: a policy at line %d has no @id", name, policy.Position().Line)
			}
			if !set.Add(cedar.PolicyID(id), policy) {
				return nil, fmt.Errorf("%s: the @id %q is taken", name, id)
			}
		}
	}
	return set, nil
}

// Decide says whether the principal may run the operation on the resource. An operation that is not on
// the list is refused whatever the policies say.
func (a *Authoriser) Decide(p Principal, operation string, resource Resource) Decision {
	if _, known := Lookup(operation); !known {
		return Decision{Policy: DefaultPolicy}
	}
	decision := a.decide(p, operation, resource)
	if !decision.Allowed && !resource.Approved {
		approved := resource
		approved.Approved = true
		decision.Approval = a.decide(p, operation, approved).Allowed
	}
	return decision
}

func (a *Authoriser) decide(p Principal, operation string, resource Resource) Decision {
	entities, request := question(p, operation, resource)
	known := cedar.EntityMap{}
	for uid, entity := range a.actions {
		known[uid] = entity
	}
	for uid, entity := range entities {
		known[uid] = entity
	}
	answer, diagnostic := cedar.Authorize(a.policies, known, request)
	decision := Decision{Allowed: answer == cedar.Allow, Policy: DefaultPolicy}
	for _, reason := range diagnostic.Reasons {
		decision.Reasons = append(decision.Reasons, string(reason.PolicyID))
	}
	// A policy that cannot be evaluated might have been the one that forbids.
	for _, failed := range diagnostic.Errors {
		decision.Allowed = false
		decision.Reasons = append(decision.Reasons, string(failed.PolicyID))
	}
	slices.Sort(decision.Reasons)
	if len(decision.Reasons) > 0 {
		decision.Policy = strings.Join(decision.Reasons, "+")
	}
	return decision
}
