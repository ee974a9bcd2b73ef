package detection

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

var products = ztcore.SetKind[string]{
	Name: "monitoring.SecurityProducts", Permissions: &productsNeed, ID: func(p string) string { return p }, List: listProducts, Add: enableProducts, Remove: disableProducts,
	Vanishes: true, Check: checkProducts, Domain: func(ztcore.Set[string]) string { return "securityhub" },
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}.Kind()

var productsNeed = ztcore.Permissions{
	Read:   []string{"securityhub:ListEnabledProductsForImport"},
	Write:  []string{"securityhub:DescribeProducts", "securityhub:DisableImportFindingsForProduct", "securityhub:EnableImportFindingsForProduct"},
	Delete: []string{"securityhub:DisableImportFindingsForProduct"},
}

// listProducts reads company/product from the ARNs of the subscriptions: arn:…:product-subscription/aws/guardduty.
func listProducts(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]string, error) {
	c, in, on := securityhub.NewFromConfig(sc.Config), &securityhub.ListEnabledProductsForImportInput{}, []string{}
	for {
		page, err := c.ListEnabledProductsForImport(ctx, in)
		if err != nil {
			return nil, unlessOff(err)
		}
		for _, arn := range page.ProductSubscriptions {
			_, product, _ := strings.Cut(arn, ":product-subscription/")
			on = append(on, product)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	out := map[string][]string{}
	for _, hub := range parents {
		out[hub] = on
	}
	return out, nil
}

// enableProducts looks the ARNs up, since a vendor's holds the vendor's account.
func enableProducts(ctx context.Context, sc *ztcore.Scope, _ string, add []string) error {
	c, in, arns := securityhub.NewFromConfig(sc.Config), &securityhub.DescribeProductsInput{}, map[string]string{}
	for {
		page, err := c.DescribeProducts(ctx, in)
		if err != nil {
			return err
		}
		for _, p := range page.Products {
			_, product, _ := strings.Cut(*p.ProductArn, ":product/")
			arns[product] = *p.ProductArn
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	for _, product := range add {
		arn, ok := arns[product]
		if !ok {
			return fmt.Errorf("product %s is not one that Security Hub offers in %s", product, sc.Region)
		}
		var already *types.ResourceConflictException
		if _, err := c.EnableImportFindingsForProduct(ctx, &securityhub.EnableImportFindingsForProductInput{ProductArn: &arn}); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

func disableProducts(ctx context.Context, sc *ztcore.Scope, hub string, remove []string) error {
	for _, product := range remove {
		arn := strings.TrimSuffix(hub, "hub/default") + "product-subscription/" + product
		var none *types.ResourceNotFoundException
		_, err := securityhub.NewFromConfig(sc.Config).DisableImportFindingsForProduct(ctx, &securityhub.DisableImportFindingsForProductInput{ProductSubscriptionArn: &arn})
		if err = unlessOff(err); err != nil && !errors.As(err, &none) {
			return err
		}
	}
	return nil
}

var productRE = regexp.MustCompile(`^[^/:\s]+/[^/:\s]+$`)

func checkProducts(want ztcore.Set[string]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, p := range want.Members {
		if !productRE.MatchString(p) {
			out = append(out, ztcore.Finding{Attribute: "Products", Message: p + " is no product", Fix: "name it as company/product, as aws/guardduty"})
		}
	}
	return out
}
