package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// nodePatience is how long one node is given to answer.
const nodePatience = 5 * time.Second

type nodeView struct {
	Node       string           `json:"node"`
	Member     string           `json:"member"`
	Kind       party.MemberKind `json:"kind"`
	Endpoint   string           `json:"endpoint"`
	State      string           `json:"state"` // serving, or what is the matter
	Height     uint64           `json:"height,omitempty"`
	Identities []string         `json:"identities,omitempty"` // that the profiles here can act as
}

func newNetwork(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "network",
		Short: "List the nodes, how far each has come, and the roles that can be acted in",
		Long: "List the consenters and the peers of the network with their heights. A member's peer is\n" +
			"asked with that member's own profile, which must lie beside the profile in use.",
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				nodes, err := s.nodes(ctx, c)
				if err != nil {
					return err
				}
				t := sheet{columns: []string{"node", "member", "kind", "endpoint", "state", "height", "identities"}, numbers: []string{"height"}}
				for _, n := range nodes {
					height := ""
					if n.Height > 0 {
						height = fmt.Sprint(n.Height)
					}
					t.add(n.Node, n.Member, string(n.Kind), n.Endpoint, n.State, height, strings.Join(n.Identities, " "))
				}
				return s.print(nodes, t)
			})
		},
	}
}

// nodes asks every node that the profile, and those beside it, can name.
func (s *session) nodes(ctx context.Context, c *ledger.Client) ([]nodeView, error) {
	profiles, err := s.profilesBeside(c.Profile())
	if err != nil {
		return nil, err
	}
	var nodes []nodeView
	for _, member := range c.Profile().Members {
		nodes = append(nodes, askPeer(ctx, member, profiles))
	}
	for _, consenter := range c.Profile().Orderers {
		nodes = append(nodes, askConsenter(ctx, c, consenter))
	}
	return nodes, nil
}

// profilesBeside loads the profiles in the folder of the one in use; its own alone, where it is the
// only one.
func (s *session) profilesBeside(own ledger.Profile) ([]ledger.Profile, error) {
	if own.Path == "" {
		return []ledger.Profile{own}, nil
	}
	return ledger.LoadProfiles(filepath.Dir(own.Path))
}

func askPeer(ctx context.Context, member ledger.Member, profiles []ledger.Profile) nodeView {
	node := nodeView{Node: "peer", Member: member.ID, Kind: member.Kind, State: "no profile"}
	for _, profile := range profiles {
		if profile.Member != member.ID {
			continue
		}
		node.Endpoint = profile.Peer.Endpoint
		node.Identities = append(node.Identities, profile.IdentityNames()...)
		if node.Height == 0 {
			node.State, node.Height = height(ctx, profile)
		}
	}
	slices.Sort(node.Identities)
	node.Identities = slices.Compact(node.Identities)
	return node
}

// height asks a member's peer how far it is, as whoever its profile can act as.
func height(ctx context.Context, profile ledger.Profile) (state string, height uint64) {
	ctx, cancel := context.WithTimeout(ctx, nodePatience)
	defer cancel()
	c, err := ledger.Connect(ctx, profile, (&session{}).identityOf(profile))
	if err != nil {
		return "silent", 0
	}
	defer c.Close()
	chain, err := c.Chain(ctx)
	if err != nil {
		return "silent", 0
	}
	return "serving", chain.Height
}

func askConsenter(ctx context.Context, c *ledger.Client, consenter ledger.Endpoint) nodeView {
	node := nodeView{Node: "consenter", Member: consenter.Member, Endpoint: consenter.Endpoint, State: "serving"}
	for _, member := range c.Profile().Members {
		if member.ID == consenter.Member {
			node.Kind = member.Kind
		}
	}
	ctx, cancel := context.WithTimeout(ctx, nodePatience)
	defer cancel()
	var err error
	if node.Height, err = c.ConsenterHeight(ctx, consenter); err != nil {
		node.State = "silent"
	}
	return node
}
