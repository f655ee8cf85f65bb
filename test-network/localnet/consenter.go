package localnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/tallystick/tallystick/test-network/process"
)

// consenterAdmin speaks to a consenter's administration port, as the member's administrator.
type consenterAdmin struct {
	base   string
	client http.Client
}

// channelInfo is a consenter's view of a channel.
type channelInfo struct {
	Status string `json:"status"`
	Height uint64 `json:"height"`
}

func newConsenterAdmin(s seat) (*consenterAdmin, error) {
	config, err := presenting(s.tlsRootPath(), s.tlsPair("admin"))
	if err != nil {
		return nil, fmt.Errorf("administer %s: %w", s.node(nodeConsenter), err)
	}
	return &consenterAdmin{
		base:   "https://" + s.address(portConsenterAdmin).String() + "/participation/v1/channels",
		client: http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}},
	}, nil
}

// channel asks for a channel; joined is false if the consenter does not take part in it.
func (a *consenterAdmin) channel(ctx context.Context, name string) (info channelInfo, joined bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/"+name, nil)
	if err != nil {
		return channelInfo{}, false, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return channelInfo{}, false, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		err := json.NewDecoder(response.Body).Decode(&info)
		return info, true, err
	case http.StatusNotFound:
		return channelInfo{}, false, nil
	}
	return channelInfo{}, false, refusal(response)
}

// join makes the consenter take part in the channel of a first block.
func (a *consenterAdmin) join(ctx context.Context, genesis []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("config-block", "config.block")
	if err != nil {
		return err
	}
	if _, err := part.Write(genesis); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return refusal(response)
	}
	return nil
}

func refusal(response *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	return fmt.Errorf("%s answers %s: %s", response.Request.URL.Path, response.Status, body)
}

// joinConsenter brings a member's consenter into the channel and waits until it is active there.
func (n *Network) joinConsenter(ctx context.Context, s seat, genesis []byte) error {
	channel := n.options.Consortium.Channel
	admin, err := newConsenterAdmin(s)
	if err != nil {
		return err
	}
	err = process.Await(ctx, func(ctx context.Context) (bool, error) {
		info, joined, err := admin.channel(ctx, channel)
		if err != nil {
			return false, err
		}
		if !joined {
			return false, admin.join(ctx, genesis)
		}
		return info.Status == "active", nil
	})
	if err != nil {
		return fmt.Errorf("join %s to channel %s: %w: read %s",
			s.node(nodeConsenter), channel, err, n.supervisor.LogPath(s.node(nodeConsenter)))
	}
	return nil
}
