/// The indexes below `count` in the order of `precedes`; equal ones stay as they are. One sort for
/// all uses, as every specialisation of the standard library's is kilobytes of code.
@inline(never)
public func indexes(_ count: Int, inOrder precedes: (Int, Int) -> Bool) -> [Int] {
  var order = Array(0..<count)
  var other = order
  var width = 1
  while width < count {
    var start = 0
    while start < count {
      let (middle, end) = (min(start + width, count), min(start + 2 * width, count))
      var (left, right) = (start, middle)
      for place in start..<end {
        let takesRight =
          left == middle || (right < end && precedes(order[right], order[left]))
        other[place] = order[takesRight ? right : left]
        if takesRight { right += 1 } else { left += 1 }
      }
      start = end
    }
    swap(&order, &other)
    width *= 2
  }
  return order
}
