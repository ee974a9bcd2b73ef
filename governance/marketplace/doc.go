// Package marketplace searches AWS Marketplace, by the operation SearchListings of its Discovery API, version 2026-02-05.
//
//	client := marketplace.New(cfg) // an aws.Config, as the SDK's clients take
//	in := marketplace.SearchListingsInput{
//		SearchText: "zero trust",
//		Filters:    []marketplace.Filter{{Type: marketplace.Category, Values: []string{categoryID}}},
//	}
//	for listing, err := range client.Listings(ctx, in) {
//		fmt.Println(listing.Name, err) // after an error the loop ends
//	}
//
// The command of some guides, aws marketplace search-products, does not exist. The SDK for Go has no client of this API among the
// modules that this one depends on, so here is a small one: it signs with the SDK's SigV4 signer (for the service aws-marketplace) and uses
// the configuration's HTTP client, credentials, region, retryer and BaseEndpoint.
//
// What was checked against AWS's API reference: path, members, limits, enumerations and errors of SearchListings, and the regional
// endpoint https://discovery-marketplace.{region}.api.aws. It was never run against AWS. Three things are not in the reference and are
// taken from how AWS's REST-JSON protocol has them: the header X-Amzn-Errortype, the case of an error's message, and the header of the
// request's id. Which values a filter takes (category ids, say) only the operation SearchFacets tells, which is left out, as are the others
// of the API and its global endpoint, which wants SigV4a.
//
//	guide step 49   Client.Listings, Client.SearchListings
//
// https://docs.aws.amazon.com/marketplace/latest/APIReference/API_marketplace-discovery_SearchListings.html
package marketplace
