package marketplace

// FilterType is what a search can be narrowed by.
type FilterType string

// Types of filters, as AWS calls them.
const (
	MinAverageCustomerRating FilterType = "MIN_AVERAGE_CUSTOMER_RATING"
	MaxAverageCustomerRating FilterType = "MAX_AVERAGE_CUSTOMER_RATING"
	Category                 FilterType = "CATEGORY" // a category's id
	Publisher                FilterType = "PUBLISHER"
	FulfillmentOptionType    FilterType = "FULFILLMENT_OPTION_TYPE" // as SAAS or AMAZON_MACHINE_IMAGE
	PricingModel             FilterType = "PRICING_MODEL"           // as USAGE, CONTRACT, BYOL or FREE
	PricingUnit              FilterType = "PRICING_UNIT"
	DeployedOnAWS            FilterType = "DEPLOYED_ON_AWS"
	NumberOfProducts         FilterType = "NUMBER_OF_PRODUCTS"
)

// Filter narrows a search to listings with one of its values. All filters of a search have to be met.
type Filter struct {
	Type   FilterType `json:"filterType"`
	Values []string   `json:"filterValues"`
}

// SortBy is what listings are sorted by.
type SortBy string

// Orders of listings.
const (
	Relevance             SortBy = "RELEVANCE"
	AverageCustomerRating SortBy = "AVERAGE_CUSTOMER_RATING"
)

// SortOrder is the direction of sorting.
type SortOrder string

// Directions of sorting.
const (
	Descending SortOrder = "DESCENDING"
	Ascending  SortOrder = "ASCENDING"
)

// SearchListingsInput is a search. Without any member it lists everything.
type SearchListingsInput struct {
	SearchText string    `json:"searchText,omitempty"` // 512 characters at most
	Filters    []Filter  `json:"filters,omitempty"`    // 30 at most
	SortBy     SortBy    `json:"sortBy,omitempty"`
	SortOrder  SortOrder `json:"sortOrder,omitempty"`
	MaxResults int32     `json:"maxResults,omitempty"` // of a page, 1 to 100; AWS decides if 0
	NextToken  string    `json:"nextToken,omitempty"`  // of the page before
}

// SearchListingsOutput is one page of what was found.
type SearchListingsOutput struct {
	Listings     []Listing `json:"listingSummaries"`
	TotalResults int64     `json:"totalResults"` // on all pages
	NextToken    string    `json:"nextToken"`    // empty on the last page
}

// Listing is a product, or a solution of several, as buyers see it.
type Listing struct {
	ID                 string             `json:"listingId"`
	Name               string             `json:"listingName"`
	ShortDescription   string             `json:"shortDescription"`
	Catalog            string             `json:"catalog"`
	Publisher          Seller             `json:"publisher"`
	Categories         []CategorySummary  `json:"categories"`
	Badges             []Badge            `json:"badges"`
	FulfillmentOptions []Fulfillment      `json:"fulfillmentOptionSummaries"`
	PricingModels      []Pricing          `json:"pricingModels"`
	PricingUnits       []Unit             `json:"pricingUnits"`
	Reviews            ReviewSummary      `json:"reviewSummary"`
	LogoThumbnailURL   string             `json:"logoThumbnailUrl"`
	AssociatedEntities []AssociatedEntity `json:"associatedEntities"`
}

// Seller is who publishes or makes a product.
type Seller struct {
	DisplayName string `json:"displayName"`
	ProfileID   string `json:"sellerProfileId"`
}

// CategorySummary is a category; its id is what the filter Category takes.
type CategorySummary struct {
	ID          string `json:"categoryId"`
	DisplayName string `json:"displayName"`
}

// Badge is a distinction that AWS gives.
type Badge struct {
	Type        string `json:"badgeType"`
	DisplayName string `json:"displayName"`
}

// Fulfillment is a way in which a product is delivered.
type Fulfillment struct {
	Type        string `json:"fulfillmentOptionType"`
	DisplayName string `json:"displayName"`
}

// Pricing is a way in which a product is paid for.
type Pricing struct {
	Type        string `json:"pricingModelType"`
	DisplayName string `json:"displayName"`
}

// Unit is what a price is for.
type Unit struct {
	Type        string `json:"pricingUnitType"`
	DisplayName string `json:"displayName"`
}

// ReviewSummary is what customers say, by where they said it.
type ReviewSummary struct {
	Sources []ReviewSource `json:"reviewSourceSummaries"`
}

// ReviewSource is one place of reviews.
type ReviewSource struct {
	ID            string `json:"sourceId"`
	Name          string `json:"sourceName"`
	URL           string `json:"sourceUrl"`
	AverageRating string `json:"averageRating"` // a number, which AWS sends as text
	TotalReviews  int64  `json:"totalReviews"`
}

// AssociatedEntity is a product of a listing.
type AssociatedEntity struct {
	Product struct {
		ID           string `json:"productId"`
		Name         string `json:"productName"`
		Manufacturer Seller `json:"manufacturer"`
	} `json:"product"`
}
