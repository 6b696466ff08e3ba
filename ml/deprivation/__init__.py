"""What deprivation says of crime and harm rates, judged on places that the models have not seen."""
