package catalog

// Industry is a type of business as schema.org names it.
type Industry struct {
	// Type is the value that a catalog holds, for example HVACBusiness.
	Type string
	// Label is how people say it, for example HVAC.
	Label string
	// Category groups the types: one of eight.
	Category Category
}

// Category is a group of industries.
type Category string

// The categories.
const (
	FoodAndBeverage      Category = "Food & Beverage"
	ProfessionalServices Category = "Professional Services"
	HealthAndMedical     Category = "Health & Medical"
	HomeServices         Category = "Home Services"
	Automotive           Category = "Automotive"
	BeautyAndWellness    Category = "Beauty & Wellness"
	Retail               Category = "Retail"
	OtherIndustries      Category = "Other"
)

// Attorney is the industry type of law firms, which have words of their own and a guard against promises.
const Attorney = "Attorney"

// KeywordsLabel is what every industry calls its keywords.
const KeywordsLabel = "SEO Keywords"

var industries = [...]Industry{
	{"Restaurant", "Restaurant", FoodAndBeverage},
	{"FastFoodRestaurant", "Fast Food Restaurant", FoodAndBeverage},
	{"BarOrPub", "Bar / Pub", FoodAndBeverage},
	{"CafeOrCoffeeShop", "Cafe / Coffee Shop", FoodAndBeverage},
	{"Bakery", "Bakery", FoodAndBeverage},

	{Attorney, "Attorney / Law Firm", ProfessionalServices},
	{"AccountingService", "Accounting / CPA", ProfessionalServices},
	{"FinancialService", "Financial Services", ProfessionalServices},
	{"InsuranceAgency", "Insurance Agency", ProfessionalServices},
	{"RealEstateAgent", "Real Estate Agent", ProfessionalServices},

	{"Dentist", "Dentist", HealthAndMedical},
	{"Physician", "Physician / Doctor", HealthAndMedical},
	{"Optician", "Optician / Eye Care", HealthAndMedical},
	{"Pharmacy", "Pharmacy", HealthAndMedical},
	{"VeterinaryCare", "Veterinarian", HealthAndMedical},

	{"Plumber", "Plumber", HomeServices},
	{"Electrician", "Electrician", HomeServices},
	{"HVACBusiness", "HVAC", HomeServices},
	{"RoofingContractor", "Roofing", HomeServices},
	{"GeneralContractor", "General Contractor", HomeServices},
	{"HomeAndConstructionBusiness", "Landscaping", HomeServices},
	{"MovingCompany", "Moving Company", HomeServices},
	{"Locksmith", "Locksmith", HomeServices},

	{"AutoRepair", "Auto Repair", Automotive},
	{"AutoDealer", "Auto Dealer", Automotive},
	{"AutoBodyShop", "Auto Body Shop", Automotive},

	{"HairSalon", "Hair Salon", BeautyAndWellness},
	{"BeautySalon", "Beauty Salon", BeautyAndWellness},
	{"DaySpa", "Day Spa", BeautyAndWellness},
	{"HealthClub", "Gym / Health Club", BeautyAndWellness},

	{"Store", "Retail Store", Retail},
	{"ClothingStore", "Clothing Store", Retail},
	{"JewelryStore", "Jewelry Store", Retail},
	{"Florist", "Florist", Retail},

	{"ChildCare", "Child Care / Daycare", OtherIndustries},
	{"EducationalOrganization", "Educational / Tutoring", OtherIndustries},
	{"TravelAgency", "Travel Agency", OtherIndustries},
	{"LocalBusiness", "Other Local Business", OtherIndustries},
}

// Industries lists the 38 industry types by category.
func Industries() []Industry { return industries[:len(industries):len(industries)] }

// IndustryByType returns the industry with the type.
func IndustryByType(value string) (Industry, bool) {
	for _, i := range industries {
		if i.Type == value {
			return i, true
		}
	}
	return Industry{}, false
}

// Offerings is what the industry calls its services, in the plural and in the singular.
func (i Industry) Offerings() (plural, singular string) {
	switch {
	case i.Category == FoodAndBeverage:
		return "Menu Items", "Menu Item"
	case i.Type == Attorney:
		return "Practice Areas", "Practice Area"
	}
	return "Services", "Service"
}
