package main

import (
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// Asset is the value of one key. With a description of a usual length it takes some two hundred
// bytes.
type Asset struct {
	ID             string `json:"id"`
	Owner          string `json:"owner"`
	Colour         string `json:"colour"`
	Size           int    `json:"size"`
	AppraisedMinor int64  `json:"appraised_minor"`
	Description    string `json:"description"`
}

// AssetContract creates, reads and updates assets, one a transaction.
type AssetContract struct {
	contractapi.Contract
}

// CreateAsset writes a new asset; it refuses an id that exists.
func (c *AssetContract) CreateAsset(ctx contractapi.TransactionContextInterface, asset Asset) error {
	existing, err := ctx.GetStub().GetState(asset.ID)
	if err != nil {
		return fmt.Errorf("read asset %s: %w", asset.ID, err)
	}
	if existing != nil {
		return fmt.Errorf("create asset %s: it exists", asset.ID)
	}
	return put(ctx, asset)
}

// ReadAsset returns an asset.
func (c *AssetContract) ReadAsset(ctx contractapi.TransactionContextInterface, id string) (*Asset, error) {
	text, err := ctx.GetStub().GetState(id)
	if err != nil {
		return nil, fmt.Errorf("read asset %s: %w", id, err)
	}
	if text == nil {
		return nil, fmt.Errorf("read asset %s: it does not exist", id)
	}
	var asset Asset
	if err := json.Unmarshal(text, &asset); err != nil {
		return nil, fmt.Errorf("read asset %s: %w", id, err)
	}
	return &asset, nil
}

// UpdateAsset reads an asset and writes it back with another appraisal.
func (c *AssetContract) UpdateAsset(ctx contractapi.TransactionContextInterface, id string, appraisedMinor int64) error {
	asset, err := c.ReadAsset(ctx, id)
	if err != nil {
		return err
	}
	asset.AppraisedMinor = appraisedMinor
	return put(ctx, *asset)
}

func put(ctx contractapi.TransactionContextInterface, asset Asset) error {
	text, err := json.Marshal(asset)
	if err != nil {
		return fmt.Errorf("write asset %s: %w", asset.ID, err)
	}
	if err := ctx.GetStub().PutState(asset.ID, text); err != nil {
		return fmt.Errorf("write asset %s: %w", asset.ID, err)
	}
	return nil
}
