package marketplace_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/marketplace"
)

var keys = aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}

// market is an HTTP server of the API, which checks signatures by making them again, as AWS does.
type market struct {
	Answer   func(n int, in marketplace.SearchListingsInput, w http.ResponseWriter)
	requests atomic.Int32
}

func (m *market) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if why := unsigned(r, body); why != "" {
		refuse(w, http.StatusForbidden, "InvalidSignatureException", why, "")
		return
	}
	var in marketplace.SearchListingsInput
	if r.Method != http.MethodPost || r.URL.Path != "/2026-02-05/searchListings" || r.Header.Get("Content-Type") != "application/json" || json.Unmarshal(body, &in) != nil {
		refuse(w, http.StatusNotFound, "UnknownOperationException", r.Method+" "+r.URL.Path, "")
		return
	}
	m.Answer(int(m.requests.Add(1)), in, w)
}

// unsigned says what is wrong with a request's signature, "" if nothing is.
func unsigned(r *http.Request, body []byte) string {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > 5*time.Minute {
		return "the date is not now"
	}
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	again.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(context.Background(), keys, again, hex.EncodeToString(hash[:]), "aws-marketplace", "us-east-1", at); err != nil {
		return err.Error()
	}
	if again.Header.Get("Authorization") != r.Header.Get("Authorization") || r.Header.Get("X-Amz-Security-Token") != keys.SessionToken {
		return "the signature does not match"
	}
	return ""
}

func refuse(w http.ResponseWriter, status int, code, message, reason string) {
	w.Header().Set("X-Amzn-Errortype", code+":http://internal.amazon.com/coral/")
	w.Header().Set("X-Amzn-Requestid", "request-1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message, "reason": reason})
}

func answer(w http.ResponseWriter, out map[string]any) { _ = json.NewEncoder(w).Encode(out) }

func serve(t *testing.T, f func(n int, in marketplace.SearchListingsInput, w http.ResponseWriter)) (*market, aws.Config) {
	t.Helper()
	m := &market{Answer: f}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return m, config(server.URL)
}

func config(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

func TestListingsComePageByPage(t *testing.T) {
	want := marketplace.SearchListingsInput{
		SearchText: "zero trust", MaxResults: 2, SortBy: marketplace.AverageCustomerRating, SortOrder: marketplace.Descending,
		Filters: []marketplace.Filter{{Type: marketplace.Category, Values: []string{"security"}}, {Type: marketplace.PricingModel, Values: []string{"FREE", "BYOL"}}},
	}
	m, cfg := serve(t, func(n int, in marketplace.SearchListingsInput, w http.ResponseWriter) {
		asked := want
		asked.NextToken = []string{"", "two", "three"}[n-1]
		if fmt.Sprint(in) != fmt.Sprint(asked) {
			refuse(w, http.StatusBadRequest, "ValidationException", fmt.Sprint(in), "INVALID")
			return
		}
		out := map[string]any{"totalResults": 3, "listingSummaries": []any{map[string]any{"listingId": fmt.Sprint("l-", n)}}}
		if n < 3 {
			out["nextToken"] = []string{"two", "three"}[n-1]
		}
		answer(w, out)
	})
	var ids []string
	for l, err := range marketplace.New(cfg).Listings(t.Context(), want) {
		require.NoError(t, err)
		ids = append(ids, l.ID)
	}
	require.Equal(t, []string{"l-1", "l-2", "l-3"}, ids)
	for range marketplace.New(cfg).Listings(t.Context(), marketplace.SearchListingsInput{MaxResults: 101}) {
		break
	}
	require.EqualValues(t, 3, m.requests.Load(), "nothing is asked for that nobody takes, nor what AWS would refuse")
}

// The members are those of the reference's response syntax.
func TestListingIsReadInFull(t *testing.T) {
	_, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"totalResults": 1, "listingSummaries": [{
			"associatedEntities": [{"product": {"manufacturer": {"displayName": "Acme", "sellerProfileId": "s-1"}, "productId": "p-1", "productName": "Shield"}}],
			"badges": [{"badgeType": "B", "displayName": "b"}], "catalog": "AWSMarketplace", "categories": [{"categoryId": "c", "displayName": "Security"}],
			"fulfillmentOptionSummaries": [{"displayName": "SaaS", "fulfillmentOptionType": "SAAS"}], "listingId": "l-1", "listingName": "Acme Shield",
			"logoThumbnailUrl": "https://x", "pricingModels": [{"displayName": "Usage", "pricingModelType": "USAGE"}], "pricingUnits": [{"displayName": "Users", "pricingUnitType": "USERS"}],
			"publisher": {"displayName": "Acme", "sellerProfileId": "s-1"}, "reviewSummary": {"reviewSourceSummaries": [{"averageRating": "4.5", "sourceId": "aws", "sourceName": "AWS", "sourceUrl": "https://y", "totalReviews": 7}]},
			"shortDescription": "guards"}]}`)
	})
	out, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	require.NoError(t, err)
	want := marketplace.Listing{
		ID: "l-1", Name: "Acme Shield", ShortDescription: "guards", Catalog: "AWSMarketplace", LogoThumbnailURL: "https://x", Publisher: marketplace.Seller{DisplayName: "Acme", ProfileID: "s-1"},
		Categories: []marketplace.CategorySummary{{ID: "c", DisplayName: "Security"}}, Badges: []marketplace.Badge{{Type: "B", DisplayName: "b"}},
		FulfillmentOptions: []marketplace.Fulfillment{{Type: "SAAS", DisplayName: "SaaS"}}, PricingModels: []marketplace.Pricing{{Type: "USAGE", DisplayName: "Usage"}},
		PricingUnits: []marketplace.Unit{{Type: "USERS", DisplayName: "Users"}}, AssociatedEntities: make([]marketplace.AssociatedEntity, 1),
		Reviews: marketplace.ReviewSummary{Sources: []marketplace.ReviewSource{{ID: "aws", Name: "AWS", URL: "https://y", AverageRating: "4.5", TotalReviews: 7}}},
	}
	want.AssociatedEntities[0].Product.ID, want.AssociatedEntities[0].Product.Name, want.AssociatedEntities[0].Product.Manufacturer = "p-1", "Shield", want.Publisher
	require.Equal(t, &marketplace.SearchListingsOutput{TotalResults: 1, Listings: []marketplace.Listing{want}}, out)
}

func TestThrottlingIsRetriedAndRefusalsAreNot(t *testing.T) {
	for _, c := range []struct {
		status   int
		code     string
		requests int32
		fault    smithy.ErrorFault
	}{
		{http.StatusTooManyRequests, "ThrottlingException", 3, smithy.FaultClient},
		{http.StatusInternalServerError, "InternalServerException", 3, smithy.FaultServer},
		{http.StatusForbidden, "AccessDeniedException", 1, smithy.FaultClient},
		{http.StatusBadRequest, "ValidationException", 1, smithy.FaultClient},
	} {
		m, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
			refuse(w, c.status, c.code, "no", "INVALID_PAGINATION_TOKEN")
		})
		_, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, c.code, api.ErrorCode())
		require.Equal(t, c.fault, api.ErrorFault())
		var refused *marketplace.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, marketplace.Error{Code: c.code, Message: "no", Reason: "INVALID_PAGINATION_TOKEN", Status: c.status, RequestID: "request-1"}, *refused)
		var op *smithy.OperationError
		require.ErrorAs(t, err, &op)
		require.Equal(t, c.requests, m.requests.Load(), c.code)
	}
	_, cfg := serve(t, func(n int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		if n == 1 {
			refuse(w, http.StatusTooManyRequests, "ThrottlingException", "slowly", "")
			return
		}
		answer(w, map[string]any{"totalResults": 0, "listingSummaries": []any{}})
	})
	_, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	require.NoError(t, err)
}

// The server would notice another secret, region, service, body or path.
func TestSignatureIsChecked(t *testing.T) {
	_, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) { answer(w, map[string]any{}) })
	for name, change := range map[string]func(*aws.Config){
		"secret": func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: "another", SessionToken: keys.SessionToken}, nil
			})
		},
		"region": func(c *aws.Config) { c.Region = "eu-west-1" },
	} {
		other := cfg
		change(&other)
		_, err := marketplace.New(other).SearchListings(t.Context(), marketplace.SearchListingsInput{})
		var refused *marketplace.Error
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, "InvalidSignatureException", refused.Code)
	}
	_, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	require.NoError(t, err)
}

func TestInputIsChecked(t *testing.T) {
	asked, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) { answer(w, map[string]any{}) })
	for want, in := range map[string]marketplace.SearchListingsInput{
		"512 characters":    {SearchText: strings.Repeat("x", 513)},
		"30 Filters":        {Filters: make([]marketplace.Filter, 31)},
		"may be 1 to 100":   {MaxResults: 101},
		"a type and values": {Filters: []marketplace.Filter{{Type: marketplace.Category}}},
	} {
		_, err := marketplace.New(cfg).SearchListings(t.Context(), in)
		require.ErrorContains(t, err, want)
	}
	nowhere, anonymous := cfg, cfg
	nowhere.Region, nowhere.BaseEndpoint, anonymous.Credentials = "", nil, nil
	for want, client := range map[string]*marketplace.Client{
		"no region": marketplace.New(nowhere), "no credentials": marketplace.New(anonymous),
		"SigV4a": marketplace.New(cfg, func(o *marketplace.Options) { o.BaseEndpoint = "https://discovery-marketplace.global.api.aws" }),
	} {
		_, err := client.SearchListings(t.Context(), marketplace.SearchListingsInput{})
		require.ErrorContains(t, err, want)
	}
	require.Zero(t, asked.requests.Load())
}

// reach records where a request goes, and lets none out.
type reach struct{ url string }

func (r *reach) Do(req *http.Request) (*http.Response, error) {
	r.url = req.URL.String()
	return nil, errors.New("not sent")
}

func TestEndpointIsTheRegions(t *testing.T) {
	r := &reach{}
	cfg := config("")
	cfg.BaseEndpoint, cfg.HTTPClient, cfg.Region = nil, r, "eu-west-1"
	_, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	require.ErrorContains(t, err, "not sent")
	require.Equal(t, "https://discovery-marketplace.eu-west-1.api.aws/2026-02-05/searchListings", r.url)
}

func TestEndlessPagesEnd(t *testing.T) {
	_, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		answer(w, map[string]any{"nextToken": "again"})
	})
	var last error
	for _, err := range marketplace.New(cfg).Listings(t.Context(), marketplace.SearchListingsInput{}) {
		last = err
	}
	require.ErrorContains(t, last, "token of the one before")
}

func TestAnswersThatAreNoneOfAWSs(t *testing.T) {
	_, cfg := serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>")
	})
	_, err := marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	var refused *marketplace.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "UnknownError", refused.Code)

	_, cfg = serve(t, func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		_, _ = io.WriteString(w, "<html>")
	})
	_, err = marketplace.New(cfg).SearchListings(t.Context(), marketplace.SearchListingsInput{})
	var unread *smithy.DeserializationError
	require.ErrorAs(t, err, &unread)
}

func Example() {
	server := httptest.NewServer(&market{Answer: func(_ int, _ marketplace.SearchListingsInput, w http.ResponseWriter) {
		answer(w, map[string]any{"totalResults": 1, "listingSummaries": []any{map[string]any{"listingId": "l-1", "listingName": "Acme Shield", "publisher": map[string]string{"displayName": "Acme"}}}})
	}})
	defer server.Close()
	client := marketplace.New(config(server.URL))
	search := marketplace.SearchListingsInput{SearchText: "zero trust", Filters: []marketplace.Filter{{Type: marketplace.FulfillmentOptionType, Values: []string{"SAAS"}}}}
	for listing, err := range client.Listings(context.Background(), search) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(listing.ID, listing.Name, "by", listing.Publisher.DisplayName)
	}
	// Output: l-1 Acme Shield by Acme
}
