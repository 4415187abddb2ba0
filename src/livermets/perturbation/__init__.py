"""How good must a mask be? Reference masks altered as segmentations fail, classified by the study's model.

With features of windows that do not depend on the mask (``binning: roi``), a mask is only a choice of windows. So the
windows around a lesion are classified once (`neighbourhood`), masks are altered by the thousand (`shapes`, `moved`),
and each costs a count of the windows that it holds and a distance between two surfaces (`engine`, `draws`). `answer`
makes of all of them what is asked: lesions are its data and patients its clusters, never masks."""
