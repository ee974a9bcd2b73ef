package marketplace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

const (
	signingName = "aws-marketplace"
	serviceID   = "Marketplace Discovery"
	operation   = "SearchListings"
	path        = "/2026-02-05/searchListings"
	largestBody = 16 << 20
)

// Client searches AWS Marketplace. It is safe for concurrent use.
type Client struct {
	cfg      aws.Config
	endpoint string
	http     aws.HTTPClient
	retryer  aws.RetryerV2
}

// Options change where a client sends its requests.
type Options struct {
	// BaseEndpoint takes the place of the region's endpoint, and of the configuration's BaseEndpoint.
	BaseEndpoint string
}

// New makes a client of a configuration's region, credentials, HTTP client, retryer and BaseEndpoint.
func New(cfg aws.Config, options ...func(*Options)) *Client {
	o := Options{BaseEndpoint: aws.ToString(cfg.BaseEndpoint)}
	if o.BaseEndpoint == "" && cfg.Region != "" {
		o.BaseEndpoint = "https://discovery-marketplace." + cfg.Region + ".api.aws"
	}
	for _, f := range options {
		f(&o)
	}
	c := &Client{cfg: cfg, endpoint: strings.TrimSuffix(o.BaseEndpoint, "/"), http: cfg.HTTPClient}
	if c.http == nil {
		c.http = awshttp.NewBuildableClient()
	}
	if cfg.Retryer != nil {
		c.retryer = v2{cfg.Retryer()}
	} else {
		c.retryer = retry.NewStandard()
	}
	return c
}

// v2 gives a retryer of the older form the attempt tokens of the newer.
type v2 struct{ aws.Retryer }

func (r v2) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if newer, ok := r.Retryer.(aws.RetryerV2); ok {
		return newer.GetAttemptToken(ctx)
	}
	return r.GetInitialToken(), nil
}

// Listings finds all listings, page by page as they are asked for. It ends with the first error.
func (c *Client) Listings(ctx context.Context, in SearchListingsInput) iter.Seq2[Listing, error] {
	return func(yield func(Listing, error) bool) {
		for {
			out, err := c.SearchListings(ctx, in)
			if err != nil {
				yield(Listing{}, err)
				return
			}
			for _, l := range out.Listings {
				if !yield(l, nil) {
					return
				}
			}
			if out.NextToken == "" {
				return
			}
			if out.NextToken == in.NextToken {
				yield(Listing{}, failed(errors.New("the next page has the token of the one before")))
				return
			}
			in.NextToken = out.NextToken
		}
	}
}

// SearchListings finds one page of listings. Errors wrap *Error, which is a smithy.APIError, where AWS has answered.
func (c *Client) SearchListings(ctx context.Context, in SearchListingsInput) (*SearchListingsOutput, error) {
	if err := c.check(in); err != nil {
		return nil, failed(err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, failed(err)
	}
	out, err := c.attempts(ctx, body)
	if err != nil {
		return nil, failed(err)
	}
	return out, nil
}

func failed(err error) error {
	return &smithy.OperationError{ServiceID: serviceID, OperationName: operation, Err: err}
}

// check finds what AWS would refuse.
// https://docs.aws.amazon.com/marketplace/latest/APIReference/API_marketplace-discovery_SearchListings.html
func (c *Client) check(in SearchListingsInput) error {
	switch {
	case c.endpoint == "" || c.cfg.Region == "":
		return errors.New("the configuration has no region")
	case strings.Contains(c.endpoint, "discovery-marketplace.global."):
		return errors.New("the global endpoint wants SigV4a signatures, which this client does not make: use a region's")
	case c.cfg.Credentials == nil:
		return errors.New("the configuration has no credentials")
	case utf8.RuneCountInString(in.SearchText) > 512:
		return errors.New("SearchText has more than 512 characters")
	case len(in.Filters) > 30:
		return errors.New("there are more than 30 Filters")
	case in.MaxResults < 0 || in.MaxResults > 100:
		return fmt.Errorf("MaxResults is %d, and may be 1 to 100", in.MaxResults)
	}
	for _, f := range in.Filters {
		if f.Type == "" || len(f.Values) == 0 {
			return errors.New("a filter needs a type and values")
		}
	}
	return nil
}

// attempts sends a request as often as the retryer says.
func (c *Client) attempts(ctx context.Context, body []byte) (*SearchListingsOutput, error) {
	retried := func(error) error { return nil }
	for attempt := 1; ; attempt++ {
		tried, err := c.retryer.GetAttemptToken(ctx)
		if err != nil {
			return nil, err
		}
		out, failure := c.send(ctx, body)
		if err := errors.Join(tried(failure), retried(failure)); err != nil { // what the retryer counts is given back
			return nil, err
		}
		if failure == nil || ctx.Err() != nil || !c.retryer.IsErrorRetryable(failure) {
			return out, failure
		}
		if most := c.retryer.MaxAttempts(); most > 0 && attempt >= most {
			return nil, &retry.MaxAttemptsError{Attempt: attempt, Err: failure}
		}
		if retried, err = c.retryer.GetRetryToken(ctx, failure); err != nil {
			return nil, errors.Join(err, failure) // the quota for retries is used up
		}
		delay, err := c.retryer.RetryDelay(attempt, failure)
		if err != nil {
			return nil, errors.Join(err, failure)
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// send makes one attempt, signed anew.
func (c *Client) send(ctx context.Context, body []byte) (*SearchListingsOutput, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(hash[:]), signingName, c.cfg.Region, time.Now()); err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, largestBody))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp, answer)
	}
	var out SearchListingsOutput
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, &smithy.DeserializationError{Err: err}
	}
	return &out, nil
}
